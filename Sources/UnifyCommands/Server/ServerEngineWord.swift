internal import ArgumentParser
internal import Tenancy

/// The word of an engine that has servers, on the command line.
struct ServerEngineWord: ExpressibleByArgument {
    private static let kinds = EngineKind.allCases.filter { $0 != .sqlite }

    let kind: EngineKind

    init?(argument: String) {
        guard let kind = Self.kinds.first(where: { $0.rawValue == argument }) else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] { kinds.map(\.rawValue) }
}
