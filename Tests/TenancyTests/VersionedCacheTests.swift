import TenancyTesting
import Testing

@testable internal import Tenancy

@Suite struct VersionedCacheTests {
    private static func version(
        _ cache: inout VersionedCache<String, Int>, _ key: String = "a"
    ) throws -> CacheVersion {
        guard case .ask(let version) = cache.answer(for: key) else {
            throw TenancyError(.internalFailure, "the cache knows \(key)")
        }
        return version
    }

    /// What can happen while a value is read, and whether the value is kept afterwards.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let isKept: Bool
        let happening: @Sendable (inout VersionedCache<String, Int>) -> Void
    }

    private static let cases = [
        Case(testDescription: "nothing", isKept: true) { _ in },
        Case(testDescription: "another is read", isKept: true) { cache in
            guard case .ask(let version) = cache.answer(for: "b") else { return }
            cache.keep(2, for: "b", version: version)
        },
        Case(testDescription: "another is changed by its owner", isKept: true) { $0.update("c") { $0 += 1 } },
        Case(testDescription: "it is invalidated", isKept: false) { $0.invalidate("a") },
        Case(testDescription: "another is invalidated", isKept: false) { $0.invalidate("c") },
        Case(testDescription: "none is invalidated by name", isKept: false) { $0.invalidate(contentsOf: []) },
        Case(testDescription: "all are invalidated", isKept: false) { $0.invalidateAll() },
    ]

    @Test(arguments: cases) func whatIsReadIsKeptUnlessItMayBeOld(during: Case) throws {
        var cache = VersionedCache<String, Int>(limit: 10)
        cache.keep(3, for: "c", version: try Self.version(&cache, "c"))
        let version = try Self.version(&cache)
        during.happening(&cache)
        #expect(cache.keep(1, for: "a", version: version).isKept == during.isKept)
        #expect((cache.value(for: "a") != nil) == during.isKept)
        cache.invalidateAll()
        let later = try Self.version(&cache)
        #expect(cache.keep(1, for: "a", version: later).isKept, "a later look-up is kept")
    }

    @Test func theLeastRecentlyUsedIsDropped() throws {
        var cache = VersionedCache<String, Int>(limit: 2)
        for (key, value) in [("a", 1), ("b", 2)] {
            let version = try Self.version(&cache, key)
            #expect(cache.keep(value, for: key, version: version).dropped == nil)
        }
        #expect(cache.value(for: "a") == 1)
        let version = try Self.version(&cache, "c")
        let dropped = cache.keep(3, for: "c", version: version).dropped
        #expect(dropped?.key == "b" && dropped?.value == 2)
        #expect(cache.count == 2)
    }

    @Test func invalidatingGivesWhatWasKnown() throws {
        var cache = VersionedCache<String, Int>(limit: 2)
        cache.keep(1, for: "a", version: try Self.version(&cache))
        #expect(cache.invalidate("a") == 1)
        #expect(cache.invalidate("a") == nil)
    }

    // MARK: Races

    /// Readers and writers of a few rows, in steps that can come in any order.
    private struct Walk {
        struct Reader {
            let key: String
            var version: CacheVersion
            var value: Int?
        }

        var cache = VersionedCache<String, Int>(limit: 3)
        var rows: [String: Int] = [:]
        /// Rows that were written and not yet invalidated.
        var pending: Set<String> = []
        var readers: [Reader] = []
        var kept = 0
        var refused = 0
        var wrong = 0
        /// Whether readers take the version when they keep a value: the fault that the rule is there for.
        let takesVersionLate: Bool
        var random: SeededGenerator

        mutating func step() {
            let key = ["a", "b", "c", "d"].randomElement(using: &random) ?? "a"
            let reader = readers.indices.randomElement(using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<3:
                if readers.count < 4, case .ask(let version) = cache.answer(for: key) {
                    readers.append(Reader(key: key, version: version))
                }
            case 3..<5: if let reader { readers[reader].value = rows[readers[reader].key, default: 0] }
            case 5..<7: if let reader { keep(reader) }
            case 7:
                rows[key, default: 0] += 1
                pending.insert(key)
            case 8:
                for key in pending { cache.invalidate(key) }
                pending = []
            default:
                if Int.random(in: 0..<10, using: &random) == 0 {
                    cache.invalidateAll()
                    pending = []
                }
            }
            for (key, value) in rows where !pending.contains(key) {
                if let known = cache.value(for: key), known != value { wrong += 1 }
            }
        }

        private mutating func keep(_ index: Int) {
            guard let value = readers[index].value else { return }
            let reader = readers.remove(at: index)
            let version = takesVersionLate ? cache.version : reader.version
            if cache.keep(value, for: reader.key, version: version).isKept { kept += 1 } else { refused += 1 }
        }
    }

    @Test(arguments: 0..<10) func anOldValueIsNeverKnownAfterItsInvalidation(seed: UInt64) {
        var walk = Walk(takesVersionLate: false, random: SeededGenerator(seed: seed))
        for _ in 0..<5000 { walk.step() }
        #expect(walk.wrong == 0)
        #expect(walk.kept > 50 && walk.refused > 100, "the walk must do both")
        #expect(walk.cache.count <= 3)
    }

    /// The negative control.
    @Test func theWalkNoticesReadersThatTakeTheVersionLate() {
        var walk = Walk(takesVersionLate: true, random: SeededGenerator(seed: 1))
        for _ in 0..<5000 { walk.step() }
        #expect(walk.wrong > 0)
    }
}
