internal import ArgumentParser
internal import Tenancy
internal import UnifyApp

/// Keeps a command that was run in the wrong folder from making a second, empty installation there.
struct NewInstallation: ParsableArguments {
    @Flag(help: "Make a new installation in the working directory where there is none.")
    var newInstallation = false

    /// Asks on a terminal, unless the settings name the installation or it exists.
    /// - Throws: ``TenancyError`` `invalidConfiguration` if the answer is no, or there is no terminal.
    func requireConsent(_ options: SettingsOptions) throws {
        let settings = try options.reader().read(descriptorLimit: ProcessLimits.raiseDescriptors())
        guard !newInstallation, !settings.namesInstallation, !settings.hasMainDatabase else { return }
        let mode = settings.isMultiTenant ? InstallationMode.multiTenant : .single
        let facts = [
            "There is no installation in \(settings.dataDirectory). One would be made, in \(mode.rawValue) mode.",
            "If it is elsewhere, run this in the server's working directory, or name its folder by --data-dir.",
        ]
        guard InputLines.isTerminal else {
            throw TenancyError(
                .invalidConfiguration,
                (facts + ["To make a new one here, add --new-installation."]).joined(separator: " "))
        }
        try Confirmation.ask(.init(facts: facts))
    }
}
