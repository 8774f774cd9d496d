import Foundation
import MySQLEngine
import PostgreSQLEngine
import SQLServerEngine
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// The bounds of docs/limits.md that each engine with servers has.
@Suite(.tags(.proof), .timeLimit(.minutes(5)), .serialized) struct EngineBoundTests {
    @Test func options() {
        let (postgresql, mysql, sqlserver) = (
            PostgreSQLEngine.Options(), MySQLEngine.Options(), SQLServerEngine.Options()
        )
        for threads in [postgresql.maxThreads, mysql.maxThreads, sqlserver.maxThreads] { #expect(threads == 64) }
        for limit in [postgresql.connectLimit, mysql.connectLimit, sqlserver.connectLimit] {
            #expect(limit == .seconds(5))
        }
        #expect(postgresql.lockLimit == .seconds(60))
        #expect(mysql.lockLimit == .seconds(10))
        #expect(sqlserver.lockLimit == .seconds(10))
        #expect(postgresql.idleTransactionLimit == .seconds(60))
        #expect(mysql.controlLimit == .seconds(30))
        #expect(postgresql.statementCacheSize == 64)
        #expect(mysql.statementCacheSize == 64)
        let engines: [any DatabaseEngine] = [PostgreSQLEngine(), MySQLEngine(), SQLServerEngine()]
        let descriptors: [Int] = engines.map { $0.capabilities.descriptorsPerConnection }
        #expect(descriptors == [2, 2, 3] as [Int])
    }

    /// What the server says of a session of an engine with no options of its own.
    @Test(arguments: TestPlace.servers) func whatSessionsBeginWith(place: TestPlace) async throws {
        try await TestDatabase.with(place.engine) { database in
            try await database.withConnection { connection in
                switch place.kind {
                case .postgresql:
                    let sql = """
                        SELECT current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')
                        """
                    let cells: [SQLValue] = try await connection.cells(sql)
                    #expect(cells == [SQLValue.text("1min"), SQLValue.text("1min")] as [SQLValue])
                case .mysql:
                    let sql = """
                        SELECT CAST(@@SESSION.innodb_lock_wait_timeout AS CHAR), \
                        CAST(@@SESSION.lock_wait_timeout AS CHAR)
                        """
                    let cells: [SQLValue] = try await connection.cells(sql)
                    #expect(cells == [SQLValue.text("10"), SQLValue.text("10")] as [SQLValue])
                case .sqlserver:
                    let cells = try await connection.cells("SELECT CAST(@@LOCK_TIMEOUT AS BIGINT) AS Number")
                    #expect(cells == [SQLValue.integer(10_000)] as [SQLValue])
                case .sqlite: break
                }
            }
        }
    }

    // MARK: Connecting

    /// A server that lets anybody connect and says nothing.
    private final class SilentServer: Sendable {
        let port: Int
        private let descriptor: Int32

        init() throws {
            let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            descriptor = number
            let isListening = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(number, $0, size) == 0 && listen(number, 8) == 0 && getsockname(number, $0, &size) == 0
                }
            }
            port = Int(UInt16(bigEndian: address.sin_port))
            guard isListening else { throw TestFailure("no server: \(errno)") }
        }

        deinit { close(descriptor) }
    }

    static let hasty: [any DatabaseEngine] = [
        PostgreSQLEngine(options: .init(connectLimit: .seconds(1))),
        MySQLEngine(options: .init(connectLimit: .seconds(1))),
    ]

    @Test(arguments: hasty.indices) func aServerThatSaysNothingIsGivenUp(index: Int) async throws {
        let (engine, server) = (Self.hasty[index], try SilentServer())
        let location = DatabaseLocation(
            engine: engine.kind, host: "127.0.0.1", port: server.port, name: "nothing",
            login: Login(name: "nobody", password: Secret("x")))
        let began = ContinuousClock.now
        try await expect(.connectionFailed) { await (try await engine.connect(to: location, as: .user)).close() }
        let took = ContinuousClock.now - began
        // Connector/C counts whole seconds.
        #expect((Duration.milliseconds(900)...(.seconds(4))).contains(took), "\(engine.kind): \(took)")
        withExtendedLifetime(server) {}
    }

    // MARK: Locks

    static let impatient: [any DatabaseEngine] = {
        var engines: [any DatabaseEngine] = [
            PostgreSQLEngine(options: .init(lockLimit: .milliseconds(50))),
            // It counts in seconds.
            MySQLEngine(options: .init(lockLimit: .seconds(1))),
        ]
        if TestDatabaseServer.hasSQLServer {
            engines.append(SQLServerEngine(options: .init(lockLimit: .milliseconds(50))))
        }
        return engines
    }()

    @Test(arguments: impatient.indices) func aLockIsWaitedForSoLongAndNoLonger(index: Int) async throws {
        try await TestDatabase.with(Self.impatient[index]) { database in
            try await database.withConnection { holder in
                try await holder.run("INSERT INTO Things (Name) VALUES ('a')")
                try await database.withConnection { waiter in
                    try await holder.begin(.write)
                    try await holder.run("UPDATE Things SET Amount = 1")
                    // Long before the statement's own 30 s.
                    try await expect(.busy) { try await waiter.run("UPDATE Things SET Amount = 2") }
                    try await holder.commit()
                    #expect(await waiter.reset())
                    try await waiter.run("UPDATE Things SET Amount = Amount + 2")
                    #expect(try await waiter.cells("SELECT Amount FROM Things") == [3])
                }
            }
        }
    }

    // MARK: PostgreSQL

    @Test func aTransactionInWhichNothingHappensIsEnded() async throws {
        let engine = PostgreSQLEngine(options: .init(idleTransactionLimit: .milliseconds(50)))
        try await TestDatabase.with(engine) { database in
            let connection = try await engine.connect(to: database.location, as: .user)
            try await connection.begin(.write)
            try await connection.run("INSERT INTO Things (Name) VALUES ('a')")
            try await eventually("the server ends the session") { await !connection.isConnected() }
            let refusal = try await code { try await connection.commit() }
            #expect(refusal != nil)
            await connection.close()
            let left = try await database.withConnection { try await $0.cells("SELECT COUNT(*) FROM Things") }
            #expect(left == [0])
        }
    }

    @Test func preparedStatementsOfAConnection() async throws {
        try await TestDatabase.with(PostgreSQLEngine()) { database in
            try await database.withConnection { connection in
                for number in 0..<80 { _ = try await connection.cells("SELECT \(number)") }
                let cells = try await connection.cells("SELECT COUNT(*) FROM pg_prepared_statements")
                // With the two words around a statement that reads. The one that left the cache is dropped when the next
                // one is prepared.
                #expect(cells == [66] || cells == [67], "\(cells)")
            }
        }
    }
}
