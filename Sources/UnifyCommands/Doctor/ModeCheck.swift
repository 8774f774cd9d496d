internal import Tenancy
internal import UnifyApp

/// Checks that the settings and the installation agree on the mode, and looks for data that the mode hides.
struct ModeCheck {
    let system: UnifySystem

    func findings() async throws -> [Finding] {
        let installation = Installation(system.main)
        do {
            _ = try await installation.compare(system.settings.chosenMode)
        } catch let error as TenancyError where error.code == .invalidConfiguration {
            let remedy = "MULTI_TENANT_MODE=\(system.mode.setting), or: \(Self.other(system.mode).command)"
            return [.fault("mode_conflict", error.message, remedy: remedy)]
        }
        let mode = system.mode
        if let hidden = try await installation.holdings().hidden(in: mode) {
            let text = "The installation is in \(mode.rawValue) mode, in which nobody sees \(hidden)."
            let remedy = "to see them again: \(Self.other(mode).command)"
            guard mode == .multiTenant else { return [.fault("mode_off", text, remedy: remedy)] }
            // The operator who changed the mode knew of these data, and nothing has to be done.
            return [
                .notice("shared_rows_left", text, remedy: "they can stay, to be copied over later; \(remedy)")
            ]
        }
        guard mode == .single else { return [.ok("mode", "The installation is in multi-tenant mode.")] }
        return [
            .notice(
                "mode_off", "The installation is in single mode: all users share the main database.",
                remedy: "for a database each: \(InstallationMode.multiTenant.command)")
        ]
    }

    private static func other(_ mode: InstallationMode) -> InstallationMode {
        mode == .single ? .multiTenant : .single
    }
}
