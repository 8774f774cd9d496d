import Tenancy
import Testing

@testable import UnifyApp

@Suite struct SignInJournalStateTests {
    private static let start = Timestamp(milliseconds: 1_000_000_000)

    private func failure(_ name: String = "ada", from address: String = "203.0.113.7", after seconds: Int = 0)
        -> SignInTry
    {
        SignInTry(
            action: .signInFailed, name: name, client: Client(address: IPAddress(address), userAgent: nil),
            date: Self.start.adding(.seconds(seconds)))
    }

    private final class Box {
        private var state = SignInJournalState()

        func add(_ new: SignInTry) { state.add(new) }
        func admits(_ new: SignInTry) -> Bool { state.admits(new) }
        func take(at date: Timestamp, isLast: Bool = false) -> [SignInTry] { state.take(at: date, isLast: isLast) }
    }

    private func times(_ tries: [SignInTry]) -> [Int] { tries.map(\.times) }

    @Test func tenOfANameAndAddressAreWrittenSinglyAndTheRestAsOneAfterAnHour() {
        let state = Box()
        for number in 0..<250 { state.add(failure(after: number)) }
        #expect(times(state.take(at: failure(after: 250).date)) == Array(repeating: 1, count: 10))
        #expect(state.take(at: failure(after: 3599).date).isEmpty)
        #expect(times(state.take(at: failure(after: 3660).date)) == [240])
        #expect(state.take(at: failure(after: 9000).date).isEmpty, "it is told once")
        state.add(failure(after: 9001))
        #expect(times(state.take(at: failure(after: 9002).date)) == [1])
    }

    @Test func theFirstOneOfANewHourTellsOfThoseBefore() {
        let state = Box()
        for _ in 0..<15 { state.add(failure()) }
        _ = state.take(at: Self.start)
        state.add(failure(after: 3600))
        #expect(times(state.take(at: failure(after: 3600).date)).sorted() == [1, 5])
    }

    @Test func anotherNameAddressOrKindHasItsOwnTen() {
        let state = Box()
        for _ in 0..<10 { state.add(failure()) }
        #expect(!state.admits(failure()))
        #expect(!state.admits(failure("ADA")), "the same name")
        #expect(state.admits(failure("bob")))
        #expect(state.admits(failure(from: "203.0.113.8")))
        #expect(
            state.admits(SignInTry(action: .signedIn, name: "ada", client: failure().client, date: Self.start)))
    }

    @Test func thirtyEntriesAMinuteAreWritten() {
        let state = Box()
        for number in 0..<100 { state.add(failure("user\(number)")) }
        #expect(state.take(at: Self.start).count == 30)
        for number in 100..<200 { state.add(failure("user\(number)", after: 59)) }
        #expect(state.take(at: failure(after: 59).date).isEmpty)
        state.add(failure("last", after: 60))
        #expect(state.take(at: failure(after: 60).date).map(\.name) == ["last"])
        // What was counted is told at the end of its hour, within the same bound.
        var told = 0
        for minute in 0..<20 {
            let tries = state.take(at: failure(after: 3700 + minute * 60).date)
            #expect(tries.count <= 30)
            told += times(tries).reduce(0, +)
        }
        #expect(told == 70 + 100)
    }

    @Test func tenThousandNamesAreToldApartAndNoTryIsLost() {
        let state = Box()
        let count = SignInJournalState.maxKeys + 500
        #expect(SignInJournalState.maxKeys == 10_000)
        for number in 0..<count { state.add(failure("user\(number)")) }
        let tries = state.take(at: Self.start, isLast: true)
        #expect(times(tries).reduce(0, +) == count)
        // Those that did not fit are told together, as nobody's.
        #expect(tries.filter { $0.name.isEmpty }.map(\.times) == [500 - 30])
    }
}
