internal import ArgumentParser
internal import Tenancy
internal import UnifyApp

/// Which entries of the audit log a command prints.
struct AuditOptions: ParsableArguments {
    @Option(help: "Only what is about this user: a number or a name; id:N or name:N where N is both.")
    var user: String?

    @Option(help: "Only what this user did; or cli, cli:USER@HOST, system.")
    var actor: String?

    @Option(help: "Only this action; with a full stop at its end all that begin so.")
    var action: String?

    @Option(help: "Only from this time on, as 2026-11-27 or 2026-11-27T18:00:00Z.")
    var from: InstantWord?

    @Option(help: "Only before this time.")
    var to: InstantWord?

    /// - Throws: ``TenancyError`` `userNotFound`.
    func filter(in database: DatabaseHandle) async throws -> AuditFilter {
        do {
            return try await AuditQuery(user: user, actor: actor, action: action, from: from?.instant, to: to?.instant)
                .filter(in: database)
        } catch let error as AuditQuery.UnknownUser {
            guard error.namesake == nil else {
                throw TenancyError(.invalidConfiguration, "--\(error.field): \(error.text) \(error.advice).")
            }
            throw TenancyError(
                .userNotFound,
                "--\(error.field): there is no user \(error.text). Somebody who was removed has a number only.")
        }
    }
}
