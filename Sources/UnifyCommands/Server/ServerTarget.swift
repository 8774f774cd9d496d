internal import ArgumentParser
internal import Tenancy

/// The server that a command is about.
struct ServerTarget: ParsableArguments {
    @OptionGroup var options: SettingsOptions

    @Argument(help: "The server's name.")
    var name: String

    func perform(
        effect: CommandRunner.Effect = .writes, _ body: (UnifySystem, DatabaseServer) async throws -> Void
    ) async throws {
        try await CommandRunner.withSystem(options, effect: effect) { system in
            try await body(system, try await system.manager.server(named: name))
        }
    }
}
