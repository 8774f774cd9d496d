internal import ArgumentParser
internal import Tenancy
internal import UnifyApp

extension UserCommand {
    struct Purge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a deleted account for good, with its database.",
            discussion: """
                There is no way back. The account must be deleted, and its grace over: the
                server removes it then by itself. With --now it goes before. On a terminal it
                asks for the username; elsewhere it wants --yes.

                Examples:
                  unify user purge 5
                  unify user purge 5 --now --yes
                """)

        @OptionGroup var target: UserTarget
        @OptionGroup var output: OutputOptions
        @OptionGroup var confirmation: Confirmation

        @Flag(help: "Also before the grace has ended.")
        var now = false

        private struct Purged: Encodable {
            let purged: Bool
            let userId: Int64
            let username: String
        }

        func run() async throws {
            try await target.perform { system, user in
                let limit = now ? nil : system.main.time.wallNow.adding(.zero - system.settings.deletionGrace)
                // Refused before any question.
                try refuse(user, deletedAfter: limit, grace: system.settings.deletionGrace)
                try confirmation.require(.init(facts: try await facts(of: user, in: system), word: user.username))
                try await system.manager.purgeUser(
                    user.id, deletedBefore: limit ?? system.main.time.wallNow.adding(.seconds(1)))
                try output.print(Purged(purged: true, userId: user.id.rawValue, username: user.username)) {
                    ["User \(user.id), \(user.username), was removed for good."]
                }
            }
        }

        private func refuse(_ user: UserAccount, deletedAfter limit: Timestamp?, grace: Duration) throws {
            guard let deletedAt = user.deletedAt else {
                throw TenancyError(
                    .invalidConfiguration,
                    "User \(user.id), \(user.username), is not deleted. Run: unify user delete \(user.id)",
                    userID: user.id)
            }
            guard let limit, deletedAt >= limit else { return }
            throw TenancyError(
                .invalidConfiguration,
                "User \(user.id), \(user.username), was deleted on \(deletedAt.rfc3339) and can be restored until "
                    + "\(deletedAt.adding(grace).rfc3339). To remove them before: unify user purge \(user.id) --now",
                userID: user.id)
        }

        private func facts(of user: UserAccount, in system: UnifySystem) async throws -> [String] {
            var facts = ["User \(user.id), \(user.username) <\(user.email)>, will be removed for good."]
            guard let config = try await system.manager.loadUserDatabaseConfig(user.id) else {
                return facts + ["They have no database. There is no way back."]
            }
            let size =
                await system.manager.statistics(of: config).sizeBytes.map { ByteCount.text($0) } ?? "of unknown size"
            facts.append(
                config.isAttached
                    ? "Their database \(config.displayName) is your own, and stays."
                    : "Their \(config.engine.rawValue) database \(config.displayName) (\(size)) is lost with all that is in it."
            )
            return facts + ["There is no way back."]
        }
    }
}
