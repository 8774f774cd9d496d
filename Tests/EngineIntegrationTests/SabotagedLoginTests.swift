import PostgreSQLEngine
import Tenancy
import Testing
import UnifyTesting

/// A login that leaked may change its own settings, and with them every later session of its own.
@Suite(.timeLimit(.minutes(1))) struct SabotagedLoginTests {
    private static let settings = [
        ("idle_session_timeout", "1", "0"), ("statement_timeout", "1", "0"),
        ("search_path", "nowhere", "public,pg_temp"),
        ("idle_in_transaction_session_timeout", "1", "1min"), ("lock_timeout", "1", "1min"),
        ("default_transaction_read_only", "on", "off"),
        ("default_transaction_isolation", "serializable", "read committed"),
        ("standard_conforming_strings", "off", "on"), ("local_preload_libraries", "nothing", ""),
    ]

    @Test func whatALoginSetsForItselfIsNotInForce() async throws {
        try await TestDatabase.with(PostgreSQLEngine()) { database in
            // As somebody does who has the password: by a connection without the policy of users.
            let own = try await database.engine.connect(to: database.location, as: .main)
            for (name, value, _) in Self.settings {
                try await own.run("ALTER ROLE CURRENT_USER SET \(name) = '\(value)'")
            }
            await own.close()
            try await database.withConnection { connection in
                for (name, _, expected) in Self.settings {
                    let cells = try await connection.cells("SELECT current_setting(?)", [.text(name)])
                    #expect(cells.first.map { "\($0)" }?.contains(expected) == true, "\(name): \(cells)")
                }
                try await connection.run("INSERT INTO Things (Name) VALUES ('works')")
            }
        }
    }
}
