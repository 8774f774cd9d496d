internal import ArgumentParser
internal import Tenancy
internal import UnifyApp

/// The commands that help a user with their account: a new password, another name, an end to all sessions.
extension UserCommand {
    struct SetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a user a new password, or a link by which they set one.",
            discussion: """
                All sessions of the user end when the password is set. Codes from an app stay
                switched on; to end those as well: unify user reset-second-factor.

                Examples:
                  unify user set-password ada
                  unify user set-password 5 --link
                  unify user set-password 5 --password-stdin < password
                """)

        @OptionGroup var target: UserTarget
        @OptionGroup var password: PasswordInput
        @OptionGroup var output: OutputOptions

        @Flag(help: "Print a link by which the user sets a password: good once, for an hour.")
        var link = false

        func validate() throws {
            if link, password.passwordStdin {
                throw ValidationError("--link sets no password; leave --password-stdin out.")
            }
        }

        func run() async throws {
            guard !link else { return try await target.perform { try await printLink(of: $1, in: $0) } }
            try await UserCommand.change(target, output) { system, user in
                let secret = try password.readNew(
                    prompt: "New password of \(user.username)", hint: PasswordRules.hint
                ) { PasswordRules.fault(in: $0, username: user.username, email: user.email) }
                try await system.accounts.setPassword(secret, of: user.id)
                return (true, ("has a new password now; their sessions have ended.", ""))
            }
        }

        private func printLink(of user: UserAccount, in system: UnifySystem) async throws {
            let link = try await system.accounts.makePasswordLink(of: user.id, settings: system.settings)
            let made = Made(
                userID: user.id.rawValue, link: link.url, expiresAt: link.expiresAt.rfc3339, note: link.note)
            try output.print(made) { [link.url] }
            guard !output.json else { return }
            CommandOutput.note(
                "Good once, until \(made.expiresAt), for user \(user.id), \(user.username). It is not shown again.")
            if let note = link.note { CommandOutput.note(note) }
        }

        private struct Made: Encodable {
            let userID: Int64
            let link: String
            let expiresAt: String
            let note: String?
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Give a user another username or email address, or both.",
            discussion: """
                The user's sessions go on.

                Examples:
                  unify user set 5 --email ada@example.org
                  unify user set ada --username lovelace
                """)

        @OptionGroup var target: UserTarget
        @OptionGroup var output: OutputOptions

        @Option(help: "Letters, digits, '.', '_' and '-'.")
        var username: String?

        @Option(help: "The user's new address.")
        var email: String?

        func validate() throws {
            guard username != nil || email != nil else {
                throw ValidationError("Say what is to change: --username NAME, --email ADDRESS or both.")
            }
            if let fault = username.flatMap(AccountRules.fault(inUsername:)) {
                throw ValidationError("--username \(fault)")
            }
            if let fault = email.flatMap(AccountRules.fault(inEmail:)) { throw ValidationError("--email \(fault)") }
        }

        func run() async throws {
            try await UserCommand.change(target, output) { system, user in
                let isChanged = try await system.accounts.setIdentity(
                    .init(username: username, email: email), of: user.id)
                let now = [username.map { "is called \($0)" }, email.map { "has the address \($0)" }].compactMap { $0 }
                    .joined(separator: " and ")
                return (isChanged, ("\(now) now.", "\(now) already."))
            }
        }
    }

    struct SignOut: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End all sessions of a user.",
            discussion: """
                It takes effect within a second, also in a running server. The user can sign in
                again.

                Example:
                  unify user sign-out 5
                """)

        @OptionGroup var target: UserTarget
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await UserCommand.change(target, output) { system, user in
                try await system.accounts.signOutEverywhere(user.id)
                return (true, ("is signed out everywhere.", ""))
            }
        }
    }
}
