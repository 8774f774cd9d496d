internal import Foundation
internal import ServerFloor
internal import Tenancy

/// Selects by key over many user databases on one server, and the same by the server's own client library.
struct ServerCases {
    private static let databases = 50
    private static let clients = 32
    private static let selects = 1500
    private static let rows = 100
    private let system: BenchmarkSystem
    private let users: [UserID]
    private let locations: [DatabaseLocation]

    static func prepare(
        in folder: String, _ engine: any DatabaseEngine, on server: DatabaseLocation
    ) async throws -> ServerCases {
        guard let host = server.host, let login = server.login else {
            throw TenancyError(.invalidConfiguration, "The server's URL has no host or no login.")
        }
        let system = try await BenchmarkSystem.open(in: folder, engines: [engine], userEngine: engine.kind)
        _ = try await system.manager.addServer(
            ServerRequest(
                name: "server", engine: engine.kind, host: host, port: server.port, login: login,
                tls: TLSOptions(mode: .disable)))
        Progress.tell("making \(databases) databases on \(engine.kind.rawValue)")
        let users = try await system.makeUsers(databases, prefix: "user-", atOnce: 4)
        var locations: [DatabaseLocation] = []
        for user in users {
            try await system.addTasks(rows, to: user)
            locations.append(try await system.manager.location(of: user))
        }
        return ServerCases(system: system, users: users, locations: locations)
    }

    func close() async { await system.close() }

    func postgresql(rounds: Int) async throws -> [Measurement] {
        let direct = try locations.map { try Self.connectionString(to: $0) }
        let bouncer = try PgBouncer.start(for: locations, in: system.folder)
        defer { bouncer.stop() }
        let pooled = try locations.map { try Self.connectionString(to: $0, port: bouncer.port) }
        return [
            try await measurement("PostgreSQL: select by key, 50 databases, 32 clients", "libpq, direct", 0.9)
                .measured(rounds: rounds, ours: selectsPerSecond) { try postgresqlFloor(direct, isPooled: false) },
            try await measurement("PostgreSQL: the same beside PgBouncer", "libpq through PgBouncer", 1)
                .measured(rounds: rounds, ours: selectsPerSecond) { try postgresqlFloor(pooled, isPooled: true) },
        ]
    }

    func mysql(rounds: Int) async throws -> [Measurement] {
        [
            try await measurement("MariaDB: select by key, 50 databases, 32 clients", "Connector/C, direct", 0.9)
                .measured(rounds: rounds, ours: selectsPerSecond, peer: mysqlFloor)
        ]
    }

    private func measurement(_ name: String, _ peer: String, _ target: Double) -> Measurement {
        Measurement(name: name, unit: "/s", peerName: peer, kind: .ratio, relation: .atLeast, target: target)
    }

    // MARK: Ours

    private func selectsPerSecond() async throws -> Double {
        let (system, users) = (system, users)
        let seconds = try await Stopwatch.time(tasks: Self.clients) { client in
            var target = client
            for index in 0..<Self.selects {
                let user = users[target]
                let rows = try await system.manager.fetchAll(
                    "SELECT Task_ID, Title, Description FROM Tasks WHERE Task_ID = ?",
                    [.integer(Int64(index % Self.rows + 1))], userID: user)
                guard rows.count == 1 else { throw TenancyError(.internalFailure, "A row is missing.") }
                target = target + Self.clients < users.count ? target + Self.clients : client
            }
        }
        return Double(Self.clients * Self.selects) / seconds
    }

    // MARK: Floor

    private func postgresqlFloor(_ targets: [String], isPooled: Bool) throws -> Double {
        let copies = targets.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return try Self.checked(
            copies.map { UnsafePointer($0) }.withUnsafeBufferPointer {
                floor_postgresql_selects(
                    $0.baseAddress, Int32(targets.count), Int32(Self.clients), Int32(Self.selects), isPooled ? 1 : 0)
            })
    }

    private func mysqlFloor() throws -> Double {
        let texts = locations.map { location in
            [location.host, location.login?.name, location.login?.password.unsafeReveal(), location.name].map {
                strdup($0 ?? "")
            }
        }
        defer { for text in texts.joined() { free(text) } }
        let targets = zip(locations, texts).map { location, texts in
            floor_mysql_target(
                host: texts[0], port: Int32(location.port ?? 3306), login: texts[1], password: texts[2],
                database: texts[3])
        }
        return try Self.checked(
            targets.withUnsafeBufferPointer {
                floor_mysql_selects($0.baseAddress, Int32(targets.count), Int32(Self.clients), Int32(Self.selects))
            })
    }

    private static func checked(_ figure: Double) throws -> Double {
        guard figure > 0 else { throw TenancyError(.internalFailure, "The server's client library failed.") }
        return figure
    }

    private static func connectionString(to location: DatabaseLocation, port: Int? = nil) throws -> String {
        guard let host = location.host, let login = location.login, let name = location.name else {
            throw TenancyError(.internalFailure, "A database has no place on the server.")
        }
        func quoted(_ text: String) -> String {
            "'\(text.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
        }
        return """
            host=\(quoted(host)) port=\(port ?? location.port ?? 5432) dbname=\(quoted(name)) \
            user=\(quoted(login.name)) password=\(quoted(login.password.unsafeReveal())) sslmode=disable
            """
    }
}
