internal import ArgumentParser
internal import Tenancy
internal import UnifyApp

extension DatabaseCommand {
    struct Repair: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make missing tables, exchange files again, or replace a lost database by an empty one.",
            discussion: """
                With --start-empty the user begins with an empty database. What is under the old
                one's name is renamed, never deleted. It is refused for a database that can be
                opened. On a terminal it asks for the username; elsewhere it wants --yes.

                With --swap-back the user's own file, which lies in another user's place,
                changes places with what lies here. Nothing is lost; the server may run.

                Examples:
                  unify database repair 5
                  unify database repair 5 --swap-back
                  unify database repair 5 --start-empty --yes
                """)

        @OptionGroup var target: UserTarget
        @OptionGroup var output: OutputOptions
        @OptionGroup var confirmation: Confirmation

        @Flag(help: "Set a lost database aside and make an empty one.")
        var startEmpty = false

        @Flag(help: "Take the user's own file back from another user's place.")
        var swapBack = false

        func validate() throws {
            guard !(startEmpty && swapBack) else {
                throw ValidationError("Give --start-empty or --swap-back, not both.")
            }
        }

        func run() async throws {
            try await target.perform { system, user in
                if startEmpty { return try await replace(user, in: system) }
                if swapBack {
                    let other = try await system.manager.swapBackUserDatabase(user.id)
                    return try ChangeOutput(
                        changed: true,
                        message: "User \(user.id), \(user.username), has their own file again; user \(other) had it."
                    ).print(output)
                }
                let made = try await system.manager.repairTables(of: user.id).map(\.text)
                try ChangeOutput(
                    changed: !made.isEmpty,
                    message: made.isEmpty ? "No table was missing." : "Made: \(made.joined(separator: ", "))."
                ).print(output)
            }
        }

        private func replace(_ user: UserAccount, in system: UnifySystem) async throws {
            guard let config = try await system.manager.loadUserDatabaseConfig(user.id) else {
                throw TenancyError(
                    .userDatabaseNotFound, "User \(user.id) has no database. Run: unify setup init \(user.id)",
                    userID: user.id)
            }
            // Refused before any question.
            try await system.manager.requireLostDatabase(of: user.id)
            let size = await system.manager.statistics(of: config).sizeBytes.map { ", \(ByteCount.text($0))" } ?? ""
            try confirmation.require(
                .init(
                    facts: [
                        "User \(user.id), \(user.username), will have an empty database.",
                        "What is left of \(config.displayName)\(size) is set aside under another name, where the server does not use it.",
                    ], word: user.username))
            _ = try await system.manager.startEmptyUserDatabase(user.id)
            try ChangeOutput(changed: true, message: "User \(user.id), \(user.username), has an empty database now.")
                .print(output)
        }
    }
}
