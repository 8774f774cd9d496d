internal import ArgumentParser
internal import Foundation
internal import Tenancy
internal import UnifyApp

/// Shared by the menu and the unattended commands.
struct SetupActions {
    /// The most failures of single users that are listed; further ones are counted.
    static let maxToldFailures = 20

    let options: SettingsOptions
    var printsJSON = false

    func createTable() async throws {
        try await CommandRunner.withSystem(options, .prepare) { system in
            let place = system.settings.mainDatabase.path ?? "the main database"
            try print(ChangeOutput(changed: true, message: "The configuration table is ready in \(place)."))
        }
    }

    func initialize(_ user: String, _ request: ProvisioningRequest = .standard) async throws {
        try await CommandRunner.withSystem(options) { system in
            let account = try await UserLookup(text: user).find(in: system)
            let (config, isNew) = try await system.manager.initializeUserDatabase(account.id, request)
            let what =
                "the \(config.engine.rawValue) database \(config.displayName) of user \(account.id), \(account.username)"
            guard !isNew else {
                return try print(ChangeOutput(changed: true, message: "Made \(what)."))
            }
            try await refuse(request, unlessFulfilledBy: config, in: system)
            try print(ChangeOutput(changed: false, message: "There already: \(what). Nothing was changed."))
        }
    }

    /// A wish that the database there does not fulfil was not carried out.
    private func refuse(
        _ request: ProvisioningRequest, unlessFulfilledBy config: UserDatabaseConfig, in system: UnifySystem
    ) async throws {
        let server = try await system.manager.serverName(of: config)
        let wishes: [(name: String, wished: String?, found: String?)] = [
            ("engine", request.engine?.rawValue, config.engine.rawValue), ("server", request.server, server),
            ("host", request.host, config.host), ("port", request.port.map(String.init), config.port.map(String.init)),
            ("name", request.name, config.name), ("login", request.login, config.login),
        ]
        let unfulfilled = wishes.filter { $0.wished != nil && $0.wished != $0.found }
        guard !unfulfilled.isEmpty else { return }
        let words = unfulfilled.map { "--\($0.name) \($0.wished ?? ""): it is \($0.found ?? "none")" }
        throw TenancyError(
            .invalidConfiguration,
            "User \(config.userID) has a database already, and it is another one than was asked for "
                + "(\(words.joined(separator: "; "))). Nothing was changed.", userID: config.userID)
    }

    /// Exits with 2 if some users failed, with 1 if all did, and as the signal does if it was stopped by one.
    func initializeAll(_ request: ProvisioningRequest = .standard) async throws {
        try await CommandRunner.withSystem(options) { system in
            let total = try await system.main.withDatabase(.read) { try await UserRepository($0).countUnready() }
            var progress = Progress(total: total, form: printsJSON ? .json : .text)
            let interruption = Interruption()
            defer { interruption.end() }
            try await initializeAll(request, in: system, &progress, interruption)
            progress.finish()
            try tell(progress, of: total, interruption)
        }
    }

    private func initializeAll(
        _ request: ProvisioningRequest, in system: UnifySystem, _ progress: inout Progress,
        _ interruption: Interruption
    ) async throws {
        var last = Int64(0)
        while true {
            let after = last
            let users = try await system.main.withDatabase(.read) {
                try await UserRepository($0).listUnready(after: after, limit: 500)
            }
            guard let newest = users.last else { return }
            last = newest.id.rawValue
            for user in users {
                guard !interruption.isRequested else { return }
                do {
                    _ = try await system.manager.initializeUserDatabase(user.id, request)
                    try progress.advance()
                } catch let error as TenancyError {
                    if progress.failed < Self.maxToldFailures {
                        progress.note("unify: user \(user.id), \(user.username): \(CommandRunner.message(of: error))")
                    }
                    try progress.advance(failed: true)
                }
            }
        }
    }

    private func tell(_ progress: Progress, of total: Int, _ interruption: Interruption) throws {
        let (made, failed) = (progress.done, progress.failed)
        if failed > Self.maxToldFailures {
            CommandRunner.fail("and \(failed - Self.maxToldFailures) more users failed.")
        }
        let left = max(0, total - made - failed)
        let isStopped = interruption.isRequested && left > 0
        let state = isStopped ? "cancelled" : failed > 0 ? "failed" : "done"
        try progress.end(state, skipped: isStopped ? left : 0)
        if !printsJSON { try CommandOutput.line("Made \(made) databases; \(failed) failed.") }
        if isStopped {
            CommandRunner.fail("Stopped: \(left) users are left. To go on: unify setup init --all")
            throw ExitCode(interruption.status)
        }
        if failed > 0 { throw made > 0 ? CommandRunner.partlyFailed : ExitCode.failure }
    }

    func test(_ user: String) async throws {
        try await CommandRunner.withSystem(options, effect: .reads) { system in
            let account = try await UserLookup(text: user).find(in: system)
            let report = try await system.manager.testUserDatabase(account.id)
            try OutputOptions.print(TestOutput(report), asJSON: printsJSON) {
                report.checks.map { "\($0.isOK ? "ok  " : "FAIL") \($0.name): \($0.detail)" }
                    + [report.isOK ? "The database of user \(account.id) is well." : "Run: unify doctor \(account.id)"]
            }
            if !report.isOK { throw ExitCode.failure }
        }
    }

    private func print(_ change: ChangeOutput) throws {
        try OutputOptions.print(change, asJSON: printsJSON) { [change.message] }
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
