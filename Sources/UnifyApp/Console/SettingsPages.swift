internal import Hummingbird
internal import Tenancy

/// The settings in force.
struct SettingsPages: Sendable {
    let desk: ConsoleDesk

    var endpoints: [Endpoint] { [.page(.get, "/admin/console/settings", .admin, show)] }

    private struct View {
        let rows: [Row]
    }

    private struct Row {
        let name: String
        let value: String
        let meaning: String
    }

    private func show(_ scope: RequestScope) async throws -> Response {
        let values = desk.settings.inForce
        let rows = SettingsReader.names.map { name, meaning in
            Row(name: name, value: values[name] ?? "", meaning: meaning)
        }
        return desk.page(.settings, View(rows: rows), title: "Settings", at: .settings, for: scope)
    }
}
