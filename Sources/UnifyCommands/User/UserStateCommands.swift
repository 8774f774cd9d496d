internal import ArgumentParser
internal import Tenancy
internal import UnifyApp

/// The commands that change the state of an account.
extension UserCommand {
    /// Changes a user, and reports whether anything changed.
    static func change(
        _ target: UserTarget, _ output: OutputOptions,
        _ body: (UnifySystem, UserAccount) async throws -> (changed: Bool, words: (done: String, already: String))
    ) async throws {
        try await target.perform { system, user in
            let (changed, words) = try await body(system, user)
            let after = try await system.main.withDatabase(.read) { try await UserRepository($0).find(user.id) }
            let who = "User \(user.id), \(user.username),"
            try ChangeOutput(
                changed: changed,
                message: changed ? "\(who) \(words.done)" : "\(who) \(words.already) Nothing was changed.",
                user: after.map { UserOutput($0) }
            ).print(output)
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a user's sessions and refuse their database.",
            discussion: """
                It takes effect within a second, also in a running server. To undo it: unify
                user resume.

                Example:
                  unify user suspend 5
                """)

        @OptionGroup var target: UserTarget
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await UserCommand.change(target, output) { system, user in
                (try await system.accounts.suspend(user.id), ("is suspended now.", "is suspended already."))
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Undo a suspension.", discussion: "Example:\n  unify user resume 5")

        @OptionGroup var target: UserTarget
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await UserCommand.change(target, output) { system, user in
                (try await system.accounts.resume(user.id), ("is let in again.", "is not suspended."))
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put an account into grace, from which 'restore' brings it back.",
            discussion: """
                Nobody can use the account, and nothing of it is lost before the grace of
                UNIFY_DELETION_GRACE ends. On a terminal it asks first.

                Example:
                  unify user delete 5
                """)

        @OptionGroup var target: UserTarget
        @OptionGroup var output: OutputOptions
        @OptionGroup var confirmation: Confirmation

        func run() async throws {
            try await UserCommand.change(target, output) { system, user in
                if user.deletedAt == nil {
                    try confirmation.require(
                        .init(
                            facts: [
                                "User \(user.id), \(user.username) <\(user.email)>, will be deleted: their sessions end, and "
                                    + "their data can be restored for \(system.settings.deletionGrace.days) days."
                            ],
                            canBeUndone: true))
                }
                let changed = try await system.accounts.delete(user.id)
                return (
                    changed,
                    ("is deleted. To undo it: unify user restore \(user.id)", "is deleted already.")
                )
            }
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring a deleted account back.", discussion: "Example:\n  unify user restore 5")

        @OptionGroup var target: UserTarget
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await UserCommand.change(target, output) { system, user in
                let changed = try await system.accounts.restore(user.id)
                let restored = try await system.main.withDatabase(.read) { try await UserRepository($0).find(user.id) }
                let done =
                    restored?.isActive == false
                    ? "is back, and suspended as before. To end that: unify user resume \(user.id)"
                    : "is back, with all their data."
                return (changed, (done, "is not deleted."))
            }
        }
    }

    struct SetAdmin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a user an administrator, or with --off no longer one.",
            discussion: "Examples:\n  unify user set-admin 5\n  unify user set-admin 5 --off")

        @OptionGroup var target: UserTarget
        @OptionGroup var output: OutputOptions

        @Flag(help: "Take the right away.")
        var off = false

        func run() async throws {
            try await UserCommand.change(target, output) { system, user in
                (
                    try await system.accounts.setAdmin(!off, user.id),
                    off
                        ? ("is no longer an administrator.", "is no administrator.")
                        : ("is an administrator now.", "is an administrator already.")
                )
            }
        }
    }

    struct ResetSecondFactor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a user who has lost their second factor sign in without it.",
            discussion: """
                Be sure who asks for it: the password alone opens the account afterwards. The
                user has to set a second factor up anew.

                Examples:
                  unify user reset-second-factor 5
                  unify user reset-second-factor 5 --yes
                """)

        @OptionGroup var target: UserTarget
        @OptionGroup var output: OutputOptions
        @OptionGroup var confirmation: Confirmation

        func run() async throws {
            try await UserCommand.change(target, output) { system, user in
                try confirmation.require(
                    .init(facts: [
                        "User \(user.id), \(user.username) <\(user.email)>, will sign in by their password alone; their app "
                            + "and their recovery codes will be good for nothing."
                    ]))
                return (
                    try await system.accounts.resetSecondFactor(of: user.id),
                    ("signs in without a code now.", "had no second factor.")
                )
            }
        }
    }
}

extension Duration {
    /// Whole days.
    fileprivate var days: Int64 { components.seconds / 86400 }
}
