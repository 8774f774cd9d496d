internal import ArgumentParser
internal import Tenancy

/// The user that a command is about.
struct UserTarget: ParsableArguments {
    @OptionGroup var options: SettingsOptions

    @Argument(help: "The user's number or name.")
    var userID: String

    func perform(_ body: (UnifySystem, UserAccount) async throws -> Void) async throws {
        try await CommandRunner.withSystem(options) { system in
            try await body(system, try await CommandRunner.user(userID, in: system))
        }
    }
}
