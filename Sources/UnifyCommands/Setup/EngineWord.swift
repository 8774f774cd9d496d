internal import ArgumentParser
internal import Tenancy

/// An engine's word on the command line.
struct EngineWord: ExpressibleByArgument {
    let kind: EngineKind

    init?(argument: String) {
        guard let kind = EngineKind(rawValue: argument) else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] { EngineKind.allCases.map(\.rawValue) }
}
