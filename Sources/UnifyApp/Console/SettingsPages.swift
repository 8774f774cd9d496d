internal import Hummingbird
internal import Tenancy

/// The settings in force.
struct SettingsPages: Sendable {
    let environment: ConsoleEnvironment

    var endpoints: [Endpoint] { [.page(.get, "/admin/console/settings", .admin, show)] }

    private struct View {
        let rows: [Row]
    }

    private struct Row {
        let name: String
        let value: String
        let meaning: String
    }

    /// A description as a sentence; one that begins with a value stays as it is.
    private static func sentence(_ meaning: String) -> String {
        let word = meaning.prefix { !$0.isWhitespace }
        guard word.allSatisfy({ $0.isLowercase || $0 == "," }) else { return meaning }
        return meaning.prefix(1).uppercased() + meaning.dropFirst()
    }

    private func show(_ scope: RequestScope) async throws -> Response {
        try scope.finishHead()
        let values = environment.settings.inForce
        let rows = SettingsReader.names.map { name, meaning in
            Row(name: name, value: values[name] ?? "", meaning: Self.sentence(meaning))
        }
        return environment.page(.settings, View(rows: rows), title: "Settings", at: .settings, for: scope)
    }
}
