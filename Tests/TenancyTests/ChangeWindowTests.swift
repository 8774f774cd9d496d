import Testing

@testable import Tenancy

@Suite("ChangeWindow")
struct ChangeWindowTests {
    @Test func numbersInOrderAreEachSeenOnce() {
        var window = ChangeWindow(floor: 10, now: .zero)
        #expect(window.take([11, 12], now: .zero) == [11, 12])
        #expect(window.floor == 12)
        #expect(window.take([], now: .zero) == [])
        #expect(window.take([13], now: .zero) == [13])
    }

    /// A transaction that took its number earlier may be committed later.
    @Test func aNumberThatAppearsLateIsSeen() {
        var window = ChangeWindow(floor: 0, now: .zero)
        #expect(window.take([1, 3, 4], now: .zero) == [1, 3, 4])
        #expect(window.floor == 1, "2 may still come")
        #expect(window.take([2, 3, 4, 5], now: .seconds(1)) == [2, 5])
        #expect(window.floor == 5)
    }

    @Test func aGapThatStaysEmptyIsGivenUp() {
        var window = ChangeWindow(floor: 0, now: .zero)
        #expect(window.take([2], now: .zero) == [2])
        #expect(window.take([2, 3], now: ChangeWindow.gapLimit) == [3])
        #expect(window.floor == 0)
        #expect(window.take([2, 3], now: ChangeWindow.gapLimit + .seconds(1)) == [])
        #expect(window.floor >= 2)
        #expect(window.take([3, 4], now: ChangeWindow.gapLimit + .seconds(2)) == [4], "none is told twice")
    }

    @Test func tooManyAndTooLateCannotBeTold() {
        var window = ChangeWindow(floor: 0, now: .zero)
        #expect(window.take(Array(1...Int64(ChangeWindow.maxOpen)), now: .zero) == nil)
        #expect(window.take([1], now: ChangeWindow.maxAge) == nil)
    }
}
