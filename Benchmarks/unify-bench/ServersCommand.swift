internal import ArgumentParser
internal import Foundation
internal import MySQLEngine
internal import PostgreSQLEngine
internal import Tenancy

/// Runs beside `scripts/test-servers.sh run`, which says where the servers are.
struct ServersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "servers",
        abstract: "User databases on PostgreSQL and MariaDB, beside their own client libraries and PgBouncer.",
        discussion: "Example: scripts/test-servers.sh run unify-bench servers")

    @OptionGroup var rounds: RoundsOption

    func run() async throws {
        try await measure(PostgreSQLEngine(), "UNIFY_TEST_POSTGRESQL_URL") {
            try await $0.postgresql(rounds: rounds.rounds)
        }
        try await measure(MySQLEngine(), "UNIFY_TEST_MYSQL_URL") { try await $0.mysql(rounds: rounds.rounds) }
    }

    private func measure(
        _ engine: any DatabaseEngine, _ variable: String, _ body: (ServerCases) async throws -> [Measurement]
    ) async throws {
        guard let url = ProcessInfo.processInfo.environment[variable], let location = DatabaseLocation(url: url) else {
            throw ValidationError("\(variable) is not set. Run: scripts/test-servers.sh run unify-bench servers")
        }
        try await BenchmarkSystem.inTemporaryFolder { folder in
            let cases = try await ServerCases.prepare(in: folder, engine, on: location)
            for measurement in try await body(cases) { try measurement.print() }
            await cases.close()
        }
    }
}
