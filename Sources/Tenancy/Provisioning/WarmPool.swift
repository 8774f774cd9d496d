internal import Logging

/// Keeps databases in stock on every server that takes new ones: made and migrated, not yet assigned to a user.
///
/// The row of `Warm_Database` is written before the database is made, so that an interrupted process leaves nothing
/// unrecorded. Registration claims the row, and with it the database.
struct WarmPool: Sendable {
    /// A database that has been in the making for longer was left by a process that ended.
    static let makingLimit: Duration = .seconds(600)
    private static let maxName = 32
    private static let serversAtOnce = 1000

    let main: MainDatabase
    let engines: EngineRegistry
    let schema: Schema
    let keyRing: KeyRing
    let servers: ServerDirectory
    let health: ServerHealth
    let faults: FaultPoints
    /// The number of databases to keep on each server.
    let size: Int
    let namePrefix: String
    let logger: Logger

    /// Brings every server's stock to its size, and drops databases of an older schema.
    func refill() async throws {
        let stock = try await main.withDatabase(.read) { try await WarmDatabaseRepository($0).list() }
        var last: Int64 = 0
        while true {
            let after = last
            let servers = try await main.withDatabase(.read) {
                try await ServerRepository($0).list(after: after, limit: Self.serversAtOnce)
            }
            guard let newest = servers.last else { return }
            last = newest.id
            try await refill(servers.filter { $0.state == .active }, stock: stock)
        }
    }

    private func refill(_ servers: [DatabaseServer], stock: [WarmDatabaseRepository.WarmDatabase]) async throws {
        for server in servers {
            do {
                try await refill(server, stock: stock.filter { $0.serverID == server.id })
            } catch {
                // Other servers' stock does not depend on this one.
                logger.warning(
                    "databases cannot be made in advance", metadata: ["server": "\(server.name)", "error": "\(error)"])
            }
        }
    }

    private func refill(_ server: DatabaseServer, stock: [WarmDatabaseRepository.WarmDatabase]) async throws {
        let fingerprint = schema.fingerprint(in: try engines.engine(server.engine).dialect)
        let date = main.time.wallNow
        var count = 0
        for warm in stock {
            try Task.checkCancellation()
            let isStuck = warm.updatedAt < date.adding(.zero - Self.makingLimit)
            switch warm.state {
            case .ready where warm.fingerprint == fingerprint && count < size: count += 1
            case .ready: try await discard(warm, on: server)
            case .discarding: if isStuck { try await drop(warm, on: server) }
            case .making where isStuck:
                if warm.fingerprint == fingerprint {
                    try await make(warm, on: server)
                    count += 1
                } else {
                    try await drop(warm, on: server)
                }
            case .making: count += 1
            }
        }
        while count < size {
            try Task.checkCancellation()
            guard let warm = try await reserve(on: server, fingerprint: fingerprint) else { return }
            try await make(warm, on: server)
            count += 1
        }
    }

    /// - Returns: nil if another process has filled the stock meanwhile.
    private func reserve(
        on server: DatabaseServer, fingerprint: String
    ) async throws -> WarmDatabaseRepository.WarmDatabase? {
        // The login has the database's name, and MySQL's login names are the shortest.
        let digits = min(16, Self.maxName - namePrefix.utf8.count - 4)
        let name = "\(namePrefix)w" + DatabaseID.random().text.replacing("-", with: "").prefix(digits) + "_db"
        let place = WarmDatabaseRepository.WarmDatabase.passwordPlace(of: name, on: server)
        let sealed = try keyRing.seal(.randomPassword(), in: place)
        let date = main.time.wallNow
        let warm = try await main.transaction { database -> WarmDatabaseRepository.WarmDatabase? in
            let repository = WarmDatabaseRepository(database)
            let stock = try await repository.list().filter {
                $0.serverID == server.id && $0.fingerprint == fingerprint && $0.state != .discarding
            }
            guard stock.count < size else { return nil }
            return try await repository.insert(
                name: name, serverID: server.id, sealedPassword: sealed, fingerprint: fingerprint, date: date)
        }
        try await faults.reached(FaultPoints.after(WarmStep.reserve))
        return warm
    }

    private func make(_ warm: WarmDatabaseRepository.WarmDatabase, on server: DatabaseServer) async throws {
        let engine = try engines.engine(server.engine)
        let location = try location(of: warm, on: server)
        try await health.watch(location) {
            try await engine.makeDatabase(at: location, schema: schema, identity: nil)
        }
        try await faults.reached(FaultPoints.after(WarmStep.make))
        let date = main.time.wallNow
        _ = try await main.transaction { database in
            try await WarmDatabaseRepository(database).move(warm.id, from: .making, to: .ready, date: date)
        }
    }

    /// Drops the stock of a server that is to be removed.
    /// - Returns: the names of the databases that could not be dropped; their rows stay.
    func empty(_ server: DatabaseServer) async throws -> [String] {
        let stock = try await main.withDatabase(.read) {
            try await WarmDatabaseRepository($0).list().filter { $0.serverID == server.id }
        }
        var left: [String] = []
        for warm in stock {
            do {
                guard left.isEmpty else {
                    throw TenancyError(.serverUnavailable, "The one before could not be dropped.")
                }
                if warm.state == .ready {
                    try await discard(warm, on: server)
                } else {
                    try await drop(warm, on: server)
                }
            } catch {
                logger.warning(
                    "a database in stock cannot be dropped",
                    metadata: ["database": "\(warm.name)", "error": "\(error)"])
                left.append(warm.name)
            }
        }
        return left
    }

    private func discard(_ warm: WarmDatabaseRepository.WarmDatabase, on server: DatabaseServer) async throws {
        let date = main.time.wallNow
        let isOurs = try await main.transaction { database in
            try await WarmDatabaseRepository(database).move(warm.id, from: .ready, to: .discarding, date: date)
        }
        if isOurs { try await drop(warm, on: server) }
    }

    private func drop(_ warm: WarmDatabaseRepository.WarmDatabase, on server: DatabaseServer) async throws {
        let location = try location(of: warm, on: server)
        try await engines.engine(server.engine).dropDatabase(at: location)
        try await main.transaction { try await WarmDatabaseRepository($0).delete(warm.id) }
    }

    private func location(
        of warm: WarmDatabaseRepository.WarmDatabase, on server: DatabaseServer
    ) throws -> DatabaseLocation {
        var location = try servers.location(of: server)
        let place = WarmDatabaseRepository.WarmDatabase.passwordPlace(of: warm.name, on: server)
        location.name = warm.name
        location.login = Login(name: warm.name, password: try keyRing.open(warm.sealedPassword, in: place))
        return location
    }
}
