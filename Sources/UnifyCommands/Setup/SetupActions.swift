internal import ArgumentParser
internal import Foundation
internal import Tenancy
internal import UnifyApp

/// What the menu and the unattended commands both do.
struct SetupActions {
    let options: SettingsOptions
    var printsJSON = false

    func createTable() async throws {
        try await CommandRunner.withSystem(options, ifMissing: .make) { system in
            print("The configuration table is ready in \(system.settings.mainDatabase.path ?? "the main database").")
        }
    }

    func initialize(_ user: String, _ request: ProvisioningRequest = .standard) async throws {
        try await CommandRunner.withSystem(options) { system in
            let account = try await CommandRunner.user(user, in: system)
            let (config, isNew) = try await system.manager.initializeUserDatabase(account.id, request)
            let verb = isNew ? "Made" : "There already:"
            print("\(verb) the \(config.engine.rawValue) database \(config.displayName) of user \(account.id).")
        }
    }

    /// Exits with 2 where some users failed, with 1 where all did.
    func initializeAll(_ request: ProvisioningRequest = .standard) async throws {
        try await CommandRunner.withSystem(options) { system in
            var progress = Progress(total: try await system.manager.countUsersWithoutDatabase())
            var (made, failed, last) = (0, 0, Int64(0))
            while true {
                let after = last
                let users = try await system.main.withDatabase(.read) {
                    try await UserRepository($0).list(after: after, limit: 500)
                }
                guard let newest = users.last else { break }
                last = newest.id.rawValue
                for user in users where user.deletedAt == nil {
                    do {
                        guard try await system.manager.initializeUserDatabase(user.id, request).isNew else { continue }
                        made += 1
                    } catch let error as TenancyError {
                        failed += 1
                        CommandRunner.fail("user \(user.id): \(CommandRunner.message(of: error))")
                    }
                    progress.advance()
                }
            }
            progress.finish()
            print("Made \(made) databases; \(failed) failed.")
            if failed > 0 { throw made > 0 ? CommandRunner.partlyFailed : ExitCode.failure }
        }
    }

    func test(_ user: String) async throws {
        try await CommandRunner.withSystem(options) { system in
            let account = try await CommandRunner.user(user, in: system)
            let report = try await system.manager.testUserDatabase(account.id)
            try OutputOptions.print(TestOutput(report), asJSON: printsJSON) {
                report.checks.map { "\($0.isOK ? "ok  " : "FAIL") \($0.name): \($0.detail)" }
                    + [report.isOK ? "The database of user \(account.id) is well." : "Run: unify doctor \(account.id)"]
            }
            if !report.isOK { throw ExitCode.failure }
        }
    }

    private struct TestOutput: Encodable {
        struct Check: Encodable {
            let name: String
            let ok: Bool
            let detail: String
        }

        let ok: Bool
        let latencyMs: Double
        let checks: [Check]

        init(_ report: MultiTenantDatabaseManager.TestReport) {
            ok = report.isOK
            latencyMs = report.duration / .milliseconds(1)
            checks = report.checks.map { Check(name: $0.name, ok: $0.isOK, detail: $0.detail) }
        }
    }
}
