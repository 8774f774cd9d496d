import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// Nobody sees another's rows on servers either, whatever happens at the same time.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct ServerIsolationTests {
    @Test(arguments: TestPlace.servers, Proof.seeds([11, 12]))
    func noRowIsForeignAndNoAcknowledgedWriteIsLost(place: TestPlace, seed: UInt64) async throws {
        let pool = PoolLimits(poolSize: 2, maxOverflow: 1, maxConnections: 6, waitLimit: .seconds(120))
        let options = MultiTenantDatabaseManager.Options(pool: pool)
        let ring = KeyRing(current: .random())
        let report = try await TestSystem.with(place, options: options, keyRing: ring) { system in
            var ids: [UserID] = []
            for number in 0..<8 { ids.append(try await system.addUser("user\(number)").id) }
            let oracle = IsolationOracle(system: system, users: ids, seed: seed) {
                try await system.another(at: place, options: options, keyRing: ring)
            }
            return try await oracle.run(tasks: 16, steps: 50)
        }
        report.tell(at: place.kind.rawValue)
        #expect(report.foreignRows == [], "seed \(seed)")
        #expect(report.lostWrites == [], "seed \(seed)")
        #expect(report.undoneRows == [], "seed \(seed)")
        #expect(report.unexplained == [], "seed \(seed)")
        #expect(report.writes > 50, "the run must do something")
        #expect(report.untried == [], "each disturbance must have happened")
    }

    @Test(arguments: TestPlace.servers)
    func aLoginIsRefusedByAnothersDatabaseAndMakesNothingAnywhere(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let ada = try await system.addUser("ada").id
            let bob = try await system.addUser("bob").id
            try await system.addTask("bob's secret", for: bob)
            let own = try await system.manager.unsafeLocation(of: ada)
            var foreign = own
            foreign.name = try await system.manager.unsafeLocation(of: bob).name
            let error = await #expect(throws: TenancyError.self) {
                let connection = try await place.engine.connect(to: foreign, as: .user)
                await connection.close()
            }
            #expect([.loginRefused, .databaseMissing].contains(error?.code), "\(String(describing: error))")
            // Without the policy for users: the login itself must be refused.
            let connection = try await place.engine.connect(to: own, as: .main)
            for sql in statementsBeyondOwnDatabase(foreign.name ?? "", kind: place.kind) {
                let refusal = await #expect(throws: TenancyError.self, "\(sql)") {
                    _ = try await connection.query(SQLStatement(sql), limits: StatementLimits())
                }
                #expect(
                    [.notAuthorized, .tableMissing, .invalidStatement].contains(refusal?.code),
                    "\(sql): \(String(describing: refusal))")
                _ = await connection.reset()
            }
            // The control: what is the user's own can be reached by the same connection.
            let rows = try await connection.query("SELECT Title FROM Tasks", limits: StatementLimits())
            #expect(rows.isEmpty)
            await connection.close()
            #expect(try await system.taskTitles(of: bob) == ["bob's secret"])
        }
    }

    private func statementsBeyondOwnDatabase(_ other: String, kind: EngineKind) -> [String] {
        let common = ["CREATE DATABASE made_by_a_user", "CREATE TABLE made_by_a_user (a INTEGER)", "DROP TABLE Tasks"]
        return switch kind {
        case .postgresql:
            common + [
                "SELECT Title FROM \(other).public.tasks", "CREATE ROLE made_by_a_user", "CREATE SCHEMA made_by_a_user",
                "ALTER ROLE CURRENT_USER CREATEDB", "DROP DATABASE \(other)", "CREATE EXTENSION dblink",
                "SELECT pg_read_file('/etc/passwd')", "SELECT rolpassword FROM pg_authid", "SET ROLE unify_provisioner",
            ]
        case .mysql:
            common + [
                "SELECT Title FROM \(other).Tasks", "INSERT INTO \(other).Tasks (Title) VALUES ('x')",
                "CREATE USER made_by_a_user", "DROP DATABASE \(other)", "SELECT * FROM mysql.user",
                "SELECT LOAD_FILE('/etc/passwd') FROM mysql.user", "GRANT ALL ON *.* TO CURRENT_USER", "USE \(other)",
            ]
        default:
            common + [
                "SELECT Title FROM \(other).dbo.Tasks", "CREATE LOGIN made_by_a_user WITH PASSWORD = 'Aa1!aaaaaaaa'",
                "DROP DATABASE \(other)", "USE \(other)",
            ]
        }
    }

    @Test(arguments: TestPlace.servers) func aUserSeesNoTableOfAnother(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let ada = try await system.addUser("ada").id
            let bob = try await system.addUser("bob").id
            let other = try #require(try await system.manager.loadUserDatabaseConfig(bob)?.name)
            let tables = try await system.manager.fetchAll(
                "SELECT table_name AS name FROM information_schema.tables WHERE table_catalog = ? OR table_schema = ?",
                [.text(other), .text(other)], userID: ada)
            #expect(tables.isEmpty)
        }
    }

    /// The server's own log says who ran each statement.
    @Test(arguments: [EngineKind.postgresql, .mysql])
    func aUsersQueriesRunByTheirOwnLoginAlone(kind: EngineKind) async throws {
        let place = try #require(TestPlace.servers.first { $0.kind == kind })
        let marker = "marked_\(UInt64.random(in: 0 ... .max))"
        let login = try await TestSystem.with(place) { (system: TestSystem) async throws -> String in
            let ada = try await system.addUser("ada").id
            try await system.addTask(marker, for: ada)
            _ = try await system.manager.fetchAll("SELECT '\(marker)' AS mark", userID: ada)
            return try #require(try await system.manager.loadUserDatabaseConfig(ada)?.login)
        }
        let statements = try loggedStatements(kind)
        let marked = statements.filter { $0.sql.contains(marker) }
        #expect(!marked.isEmpty)
        #expect(marked.allSatisfy { $0.login == login }, "\(marked)")
        // The control: the log does tell of the provisioning login's own work.
        #expect(statements.contains { $0.login == "unify_provisioner" && $0.sql.contains("CREATE DATABASE") })
    }

    private struct LoggedStatement {
        let login: String
        let sql: String
    }

    private func loggedStatements(_ kind: EngineKind) throws -> [LoggedStatement] {
        let folder = try #require(ProcessInfo.processInfo.environment["UNIFY_TEST_SERVERS"])
        let path = "\(folder)/\(kind.rawValue)-1/\(kind == .mysql ? "general.log" : "log")"
        let lines = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self).split(separator: "\n")
        guard kind == .mysql else {
            // `login@database LOG:  …`, as log_line_prefix says.
            return lines.compactMap { line in
                line.firstIndex(of: "@").map { LoggedStatement(login: String(line[..<$0]), sql: String(line)) }
            }
        }
        // A time or none, the session's number, `Connect login@host …` once, then `Query`, `Prepare` or `Execute`.
        var logins: [Substring: String] = [:]
        return lines.compactMap { line in
            guard let match = line.firstMatch(of: /\t\s*(\d+) (Connect|Query|Prepare|Execute)\t(.*)/) else {
                return nil
            }
            if match.2 == "Connect" { logins[match.1] = match.3.split(separator: "@").first.map(String.init) }
            return LoggedStatement(login: logins[match.1] ?? "", sql: String(match.3))
        }
    }
}
