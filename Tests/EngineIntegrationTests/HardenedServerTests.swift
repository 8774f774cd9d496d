import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// Whatever a server is set to for everybody, sessions are as Unify needs them.
@Suite(.serialized, .timeLimit(.minutes(5))) struct HardenedServerTests {
    private static let postgreSQL = [
        "search_path = '\"$user\"'", "default_transaction_read_only = on",
        "default_transaction_isolation = 'serializable'", "default_transaction_deferrable = on",
        "statement_timeout = 1", "lock_timeout = 1", "idle_in_transaction_session_timeout = 1",
        "standard_conforming_strings = off", "\"DateStyle\" = 'SQL, DMY'", "\"IntervalStyle\" = 'sql_standard'",
        "\"TimeZone\" = 'Asia/Kolkata'", "bytea_output = 'escape'", "client_encoding = 'LATIN1'",
        "extra_float_digits = -15", "row_security = off", "check_function_bodies = off", "exit_on_error = on",
        "transform_null_equals = on", "backslash_quote = on", "array_nulls = off",
    ]

    private static let mySQL = [
        "sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_AUTO_VALUE_ON_ZERO'", "time_zone = '+05:30'", "autocommit = 0",
        "sql_safe_updates = 1", "sql_select_limit = 1", "completion_type = 'CHAIN'",
        "default_storage_engine = MyISAM", "tx_isolation = 'SERIALIZABLE'", "tx_read_only = 1",
        "max_statement_time = 5", "character_set_server = latin1", "collation_server = latin1_swedish_ci",
        "character_set_connection = latin1", "collation_connection = latin1_german2_ci",
        "default_regex_flags = 'EXTENDED,MULTILINE'", "foreign_key_checks = 0", "sql_auto_is_null = 1",
        "init_connect = 'SET sql_mode = \\'ANSI_QUOTES\\', autocommit = 0, sql_select_limit = 1'",
    ]

    /// What makes a setting one of every session that begins, and what takes that back.
    private static func statements(_ kind: EngineKind) -> (set: [String], reset: [String]) {
        if kind == .postgresql { return (postgreSQL.map { "ALTER ROLE ALL SET \($0)" }, ["ALTER ROLE ALL RESET ALL"]) }
        let names = mySQL.map { $0.split(separator: " ")[0] }
        return (
            mySQL.map { "SET GLOBAL \($0.replacing("\\'", with: "''"))" },
            names.map { $0 == "init_connect" ? "SET GLOBAL init_connect = ''" : "SET GLOBAL \($0) = DEFAULT" }
        )
    }

    private func whileHardened(_ place: TestPlace, _ body: () async throws -> Void) async throws {
        let (set, reset) = Self.statements(place.kind)
        do {
            try await TestDatabaseServer.administer(place.engine, set)
            try await body()
        } catch {
            try await TestDatabaseServer.administer(place.engine, reset)
            throw error
        }
        try await TestDatabaseServer.administer(place.engine, reset)
    }

    private func expectWorking(_ system: TestSystem, _ place: TestPlace, _ id: UserID) async throws {
        #expect(try await system.taskTitles(of: id) == ["it's \\ \"before\"", "é"])
        try await system.addTask("after", for: id)
        #expect(try await system.taskTitles(of: id).count == 3)
        let report = try await system.manager.testUserDatabase(id)
        #expect(report.isOK, "\(report.checks)")
        try await system.manager.rotatePassword(of: id)
        #expect(try await system.taskTitles(of: id).count == 3)
    }

    @Test(arguments: TestPlace.servers.filter { $0.kind != .sqlserver })
    func aHardenedServerServesOldUsersAndNewOnes(place: TestPlace) async throws {
        let ring = KeyRing(current: .random())
        try await TestSystem.with(place, keyRing: ring) { system in
            let ada = try await system.addUser("ada").id
            for title in ["it's \\ \"before\"", "é"] { try await system.addTask(title, for: ada) }
            try await whileHardened(place) {
                let other = try await system.another(
                    at: place, options: .init(), keyRing: ring)
                try await expectWorking(other, place, ada)
                let report = try await other.manager.addServer(place.serverRequest("second"))
                #expect(report.missing == [])
                let bob = try await other.addUser("bob").id
                for title in ["it's \\ \"before\"", "é"] { try await other.addTask(title, for: bob) }
                try await expectWorking(other, place, bob)
                var location = try await other.manager.unsafeLocation(of: bob)
                location.provisioningLogin = place.server?.location.login
                try await place.engine.withConnection(to: location, as: .maintenance) {
                    try await $0.run("DROP TABLE Tasks")
                }
                #expect(try await other.manager.repairTables(of: bob) == ["Tasks"])
                #expect(try await other.taskTitles(of: bob) == [])
                await other.manager.shutDown()
                // A main database of its own.
                try await TestSystem.with(place.engine, server: place.server?.location) {
                    (fresh: TestSystem) async throws -> Void in
                    let eve = try await fresh.addUser("eve").id
                    for title in ["it's \\ \"before\"", "é"] { try await fresh.addTask(title, for: eve) }
                    try await expectWorking(fresh, place, eve)
                }
            }
        }
    }

    /// Set for one database, and with a schema of the login's own name that holds tables of the same names.
    @Test(arguments: ["\"$user\"", "''", "\"$user\", public"])
    func aSchemaOfTheLoginsNameIsNotLookedInto(path: String) async throws {
        let place = try #require(TestPlace.servers.first { $0.kind == .postgresql })
        let ring = KeyRing(current: .random())
        try await TestSystem.with(place, keyRing: ring) { system in
            let ada = try await system.addUser("ada").id
            for title in ["it's \\ \"before\"", "é"] { try await system.addTask(title, for: ada) }
            let location = try await system.manager.unsafeLocation(of: ada)
            let (name, login) = (try #require(location.name), try #require(location.login?.name))
            try await TestDatabaseServer.administer(
                place.engine, in: name,
                [
                    "ALTER DATABASE \"\(name)\" SET search_path = \(path)", "CREATE SCHEMA \"\(login)\"",
                    "CREATE SCHEMA unify_provisioner",
                    "CREATE TABLE \"\(login)\".tasks (task_id bigint, title text)",
                    "CREATE TABLE unify_provisioner.database_identity (identity_id bigint)",
                    "GRANT ALL ON SCHEMA \"\(login)\" TO PUBLIC", "GRANT ALL ON \"\(login)\".tasks TO PUBLIC",
                ])
            let other = try await system.another(
                at: place, options: .init(), keyRing: ring)
            try await expectWorking(other, place, ada)
            await other.manager.shutDown()
        }
    }
}
