internal import Tenancy
import TenancyTesting
import Testing

@Suite("LRUCache")
struct LRUCacheTests {
    private static func cache(_ keys: [String]) -> LRUCache<String, Int> {
        var cache = LRUCache<String, Int>()
        for (number, key) in keys.enumerated() { cache.set(number, for: key) }
        return cache
    }

    @Test func emptyCacheHasNothing() {
        var cache = Self.cache([])
        #expect(cache.isEmpty && cache.keys.isEmpty && cache.oldestKey == nil && cache.peek("a") == nil)
        let (used, popped, removed) = (cache.use("a"), cache.popOldest()?.key, cache.remove("a"))
        #expect(used == nil && popped == nil && removed == nil)
    }

    @Test func useAndSetMoveAKeyToTheEndAndPeekDoesNot() {
        var cache = Self.cache(["a", "b", "c"])
        _ = cache.peek("a")
        #expect(cache.keys == ["a", "b", "c"])
        _ = cache.use("a")
        #expect(cache.keys == ["b", "c", "a"])
        cache.set(9, for: "b")
        #expect(cache.keys == ["c", "a", "b"])
        #expect(cache.peek("b") == 9)
    }

    @Test(arguments: ["a", "b", "c"])
    func removesFromEveryPosition(key: String) {
        var cache = Self.cache(["a", "b", "c"])
        cache.remove(key)
        #expect(cache.keys == ["a", "b", "c"].filter { $0 != key })
        cache.set(5, for: "d")
        #expect(cache.keys.last == "d")
        #expect(cache.count == 3)
    }

    @Test func popsInOrderOfUse() {
        var cache = Self.cache(["a", "b", "c"])
        _ = cache.use("b")
        var popped: [String] = []
        while let (key, _) = cache.popOldest() { popped.append(key) }
        #expect(popped == ["a", "c", "b"])
        #expect(cache.isEmpty)
    }

    @Test func removedValueIsReleased() {
        final class Marker {}
        var cache = LRUCache<String, Marker>()
        var marker: Marker? = Marker()
        weak let watched = marker
        if let marker { cache.set(marker, for: "a") }
        marker = nil
        #expect(watched != nil)
        cache.remove("a")
        #expect(watched == nil)
    }

    @Test(arguments: 0..<4)
    func behavesAsAnArrayOfPairsOverRandomSteps(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var cache = LRUCache<Int, Int>()
        var model: [(key: Int, value: Int)] = []
        for step in 0..<3000 {
            let key = Int.random(in: 0..<20, using: &random)
            let old = model.first { $0.key == key }
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                model.removeAll { $0.key == key }
                model.append((key, step))
                cache.set(step, for: key)
            case 4..<7:
                model.removeAll { $0.key == key }
                if let old { model.append(old) }
                let found = cache.use(key)
                #expect(found == old?.value)
            case 7..<9:
                model.removeAll { $0.key == key }
                let removed = cache.remove(key)
                #expect(removed == old?.value)
            default:
                let popped = cache.popOldest()
                #expect(popped?.key == model.first?.key && popped?.value == model.first?.value)
                model = Array(model.dropFirst())
            }
            guard cache.keys == model.map(\.key), cache.count == model.count else {
                Issue.record("step \(step): \(cache.keys), the model has \(model.map(\.key))")
                return
            }
        }
    }
}
