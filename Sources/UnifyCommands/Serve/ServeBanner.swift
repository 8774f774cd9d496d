internal import Tenancy
internal import UnifyApp

/// A server's message on a terminal once it accepts connections.
struct ServeBanner {
    let url: String
    let mode: InstallationMode
    let dataDirectory: String
    let hasAdministrator: Bool

    var lines: [String] {
        [
            "", "Unify \(UnifyVersion.current) is ready: \(url)", "  mode  \(mode.rawValue): \(mode.meaning)",
            "  data  \(dataDirectory)",
        ] + nextStep + ["Ctrl-C stops it.", ""]
    }

    private var nextStep: [String] {
        guard !hasAdministrator else { return ["  next  the console for administrators: \(url)/admin/console"] }
        return [
            "  next  make the first administrator, in another terminal:",
            "        unify user create --admin --username NAME --email ADDRESS --data-dir \(dataDirectory)",
        ]
    }
}
