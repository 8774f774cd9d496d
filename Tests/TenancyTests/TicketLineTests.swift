import TenancyTesting
import Testing

@testable internal import Tenancy

@Suite("TicketLine")
struct TicketLineTests {
    @Test func theLowestTicketIsFirst() {
        var line = TicketLine()
        #expect(line.isEmpty && line.first == nil)
        for (member, ticket) in [(1, 30), (2, 10), (3, 20)] { line.set(member, to: UInt64(ticket)) }
        #expect(line.first?.member == 2 && line.first?.ticket == 10)
        line.set(2, to: 40)
        #expect(line.first?.member == 3)
        line.remove(3)
        line.remove(3)
        #expect(line.first?.member == 1)
        line.set(2, to: 5)
        #expect(line.first?.member == 2)
    }

    @Test(arguments: 0..<8) func agreesWithASortedList(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var (line, tickets) = (TicketLine(), [Int: UInt64]())
        for _ in 0..<4000 {
            let member = Int.random(in: 0..<40, using: &random)
            if Int.random(in: 0..<3, using: &random) == 0 {
                line.remove(member)
                tickets[member] = nil
            } else {
                let ticket = UInt64.random(in: 1...1_000_000, using: &random)
                line.set(member, to: ticket)
                tickets[member] = ticket
            }
            #expect(line.first?.ticket == tickets.values.min())
            #expect(line.first.map { tickets[$0.member] == $0.ticket } ?? tickets.isEmpty)
            #expect(line.isEmpty == tickets.isEmpty)
        }
    }
}
