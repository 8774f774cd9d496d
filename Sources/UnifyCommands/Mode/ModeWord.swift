internal import ArgumentParser
internal import UnifyApp

/// A mode's word on the command line.
struct ModeWord: ExpressibleByArgument {
    let mode: InstallationMode

    init?(argument: String) {
        guard let mode = InstallationMode(rawValue: argument.lowercased()) else { return nil }
        self.mode = mode
    }

    static var allValueStrings: [String] { InstallationMode.allCases.map(\.rawValue) }
}
