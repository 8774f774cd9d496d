import TenancyTesting
import Testing

@testable internal import Tenancy

@Suite("IndexLinks")
struct IndexLinksTests {
    private func members(_ line: IndexLinks.Line, _ links: IndexLinks) -> [Int] {
        var (members, next) = ([Int](), line.first)
        while let index = next {
            members.append(index)
            next = links.next(after: index)
        }
        return members
    }

    @Test func keepsTheOrderOfJoining() {
        var (links, line) = (IndexLinks(), IndexLinks.Line())
        #expect(line.isEmpty && line.first == nil && line.last == nil)
        for index in [5, 0, 3] { links.append(index, to: &line) }
        #expect(members(line, links) == [5, 0, 3])
        #expect(line.first == 5 && line.last == 3)
    }

    @Test(arguments: [([5], [0, 3]), ([0], [5, 3]), ([3], [5, 0]), ([5, 3], [0]), ([0, 5, 3], [])])
    func lettingGoKeepsTheOthersInOrder(leaving: [Int], left: [Int]) {
        var (links, line) = (IndexLinks(), IndexLinks.Line())
        for index in [5, 0, 3] { links.append(index, to: &line) }
        for index in leaving { links.remove(index, from: &line) }
        #expect(members(line, links) == left)
        #expect(line.first == left.first && line.last == left.last && line.isEmpty == left.isEmpty)
    }

    @Test(arguments: 0..<4) func twoLinesAgreeWithLists(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var (links, lines, lists) = (IndexLinks(), [IndexLinks.Line(), IndexLinks.Line()], [[Int](), []])
        for _ in 0..<2000 {
            let index = Int.random(in: 0..<20, using: &random)
            if let line = lists.firstIndex(where: { $0.contains(index) }) {
                links.remove(index, from: &lines[line])
                lists[line].removeAll { $0 == index }
            } else {
                let line = Int.random(in: 0...1, using: &random)
                links.append(index, to: &lines[line])
                lists[line].append(index)
            }
            for line in 0...1 { #expect(members(lines[line], links) == lists[line]) }
        }
    }
}
