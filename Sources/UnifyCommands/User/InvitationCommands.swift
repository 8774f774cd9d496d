internal import ArgumentParser
internal import Tenancy
internal import UnifyApp

extension UserCommand {
    struct Invite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an invitation: the code is shown once and good for one account.",
            discussion: "Example:\n  unify user invite --email ada@example.org --expires 7d")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions

        @Option(help: "The only address that the account may have.")
        var email: String?

        @Option(help: "For how long the invitation is good: days as 7d, hours as 12h.")
        var expires = InvitationLifetime.usual

        func validate() throws {
            if let fault = email.flatMap(AccountRules.fault(inEmail:)) { throw ValidationError("--email \(fault)") }
        }

        func run() async throws {
            try await CommandRunner.withSystem(options) { system in
                let code = InvitationCode.random()
                let date = system.manager.main.time.wallNow
                let end = date.adding(expires.duration)
                let id = try await system.main.transaction {
                    try await InvitationRepository($0).insert(code, email: email, date: date, expires: end)
                }
                let link = "\(system.settings.publicURL?.origin ?? "")/sign-up?invitation=\(code)"
                let made = Made(id: id, code: code, link: link, email: email, expiresAt: end.rfc3339)
                try output.print(made) { ["Invitation \(id), good until \(made.expiresAt): \(link)"] }
            }
        }

        private struct Made: Encodable {
            let id: Int64
            let code: String
            let link: String
            let email: String?
            let expiresAt: String
        }
    }

    struct Invites: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the invitations, the newest first.",
            discussion: """
                --json prints {"items": [...], "next_cursor": N}; --before N goes on.

                Example:
                  unify user invites --json
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var part: NewestFirstOptions

        func run() async throws {
            try await CommandRunner.withSystem(options, effect: .reads) { system in
                let date = system.manager.main.time.wallNow
                let (found, rest) = try await system.main.withDatabase(.read) { database in
                    let invitations = InvitationRepository(database)
                    return (
                        try await invitations.list(before: part.before, limit: part.limit),
                        try await invitations.count(before: part.before)
                    )
                }
                let page = ListPage(found.map { Line($0, date: date) }, of: rest) { $0.id }
                try page.print(output, ["ID", "EMAIL", "STATE", "EXPIRES", "USER"], option: "--before") {
                    ["\($0.id)", $0.email ?? "any", $0.state, $0.expiresAt, $0.usedBy.map(String.init) ?? ""]
                }
            }
        }

        private struct Line: Encodable {
            let id: Int64
            let email: String?
            let state: String
            let createdAt: String
            let expiresAt: String
            let usedBy: Int64?

            init(_ invitation: InvitationRepository.Summary, date: Timestamp) {
                id = invitation.id
                email = invitation.email
                state = invitation.isUsed ? "used" : invitation.expiresAt > date ? "open" : "expired"
                createdAt = invitation.createdAt.rfc3339
                expiresAt = invitation.expiresAt.rfc3339
                usedBy = invitation.usedBy
            }
        }
    }

    struct Uninvite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke an invitation that nobody has used.", discussion: "Example:\n  unify user uninvite 5")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions

        @Argument(help: "The invitation's number.")
        var id: Int64

        func run() async throws {
            try await CommandRunner.withSystem(options) { system in
                let date = system.manager.main.time.wallNow
                let isRevoked = try await system.main.transaction {
                    try await InvitationRepository($0).delete(id, date: date)
                }
                guard isRevoked else {
                    throw TenancyError(
                        .invalidConfiguration,
                        "There is no invitation \(id) that nobody has used. List them: unify user invites")
                }
                try ChangeOutput(changed: true, message: "Revoked invitation \(id).").print(output)
            }
        }
    }
}

/// A number of days or hours, as `7d` or `12h`; at most a year.
struct InvitationLifetime: ExpressibleByArgument {
    static let usual = InvitationLifetime(days: 7)

    let duration: Duration

    var defaultValueDescription: String { "\(duration.components.seconds / (24 * 3600))d" }

    private init(days: Int) { duration = .seconds(days * 24 * 3600) }

    init?(argument: String) {
        let units: [Character: Int] = ["d": 24 * 3600, "h": 3600]
        guard let unit = argument.last.flatMap({ units[$0] }), let count = Int(argument.dropLast()),
            (1...(365 * 24)).contains(count), count * unit <= 365 * 24 * 3600
        else { return nil }
        duration = .seconds(count * unit)
    }
}
