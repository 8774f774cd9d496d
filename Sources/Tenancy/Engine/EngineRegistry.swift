/// The engines that this process can use, one of each kind. Created once, at start.
public struct EngineRegistry: Sendable {
    private let engines: [EngineKind: any DatabaseEngine]

    public init(_ engines: [any DatabaseEngine]) {
        self.engines = Dictionary(uniqueKeysWithValues: engines.map { ($0.kind, $0) })
    }

    /// Others in place of these engines, each of the same kind.
    func map(_ change: (any DatabaseEngine) -> any DatabaseEngine) -> EngineRegistry {
        EngineRegistry(engines.values.map(change))
    }

    public var kinds: [EngineKind] { EngineKind.allCases.filter { engines[$0] != nil } }

    /// - Throws: ``TenancyError`` `engineUnavailable` if no engine of this kind is registered.
    public func engine(_ kind: EngineKind) throws -> any DatabaseEngine {
        guard let engine = engines[kind] else {
            let known = kinds.map(\.rawValue).joined(separator: ", ")
            throw TenancyError(
                .engineUnavailable, "The engine \(kind.rawValue) is not part of this build; it has: \(known).",
                engine: kind)
        }
        return engine
    }
}
