internal import ArgumentParser
internal import Tenancy

/// The user that a command is about.
struct UserTarget: ParsableArguments {
    @OptionGroup var options: SettingsOptions

    @Argument(help: "The user's number, name or email address.")
    var userID: String

    @Flag(name: .customLong("id"), help: "USER_ID is a number.")
    var isID = false

    @Flag(name: .customLong("name"), help: "USER_ID is a name.")
    var isName = false

    func validate() throws {
        guard !(isID && isName) else { throw ValidationError("Give --id or --name, not both.") }
    }

    func perform(
        effect: CommandRunner.Effect = .writes, _ body: (UnifySystem, UserAccount) async throws -> Void
    ) async throws {
        try await CommandRunner.withSystem(options, effect: effect) { system in
            try await body(system, try await find(in: system))
        }
    }

    func find(in system: UnifySystem) async throws -> UserAccount {
        try await UserLookup(text: userID, kind: isID ? .id : isName ? .name : .either).find(in: system)
    }
}
