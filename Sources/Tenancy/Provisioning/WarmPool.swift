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
    let runner: JobRunner
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
                let plan = try plan(for: server, stock: stock.filter { $0.serverID == server.id })
                guard !plan.isEmpty, let run = try await begin(server) else { continue }
                try await runner.carryOut(run, FillStock(warmPool: self)) {
                    try await refill(server, run)
                    try await runner.finish(run)
                }
            } catch {
                // Other servers' stock does not depend on this one.
                logger.warning(
                    "databases cannot be made in advance", metadata: ["server": "\(server.name)", "error": "\(error)"])
            }
        }
    }

    /// Begins a job for a server's stock, or takes one up that waits.
    /// - Returns: nil if another process works on it, or it waits for a reason.
    private func begin(_ server: DatabaseServer) async throws -> JobRun? {
        let date = main.time.wallNow
        let address = DatabaseLocation(engine: server.engine, host: server.host, port: server.port).serverAddress
        let request = JobRequest(.stock, payload: String(server.id), lane: address)
        return try await main.transaction { database in
            let jobs = JobRepository(database)
            // Serializes processes that find the same stock too small.
            guard try await ServerRepository(database).lock(server.id) != nil else { return nil }
            guard let job = try await jobs.open(.stock, payload: String(server.id)) else {
                let job = try await jobs.insert(request, owner: runner.owner, date: date)
                let claim = JobClaim(id: job.id, attempt: job.attempts, owner: runner.owner)
                return JobRun(job, claim: claim, main: main, health: health)
            }
            guard job.wish == .run, !job.isOwned(at: date), job.notBefore.map({ $0 <= date }) ?? true,
                let claim = try await jobs.claim(job, by: runner.owner, date: date)
            else { return nil }
            return JobRun(job, claim: claim, main: main, health: health)
        }
    }

    /// What a server's stock needs.
    private struct Plan {
        /// To discard, of another schema or too many.
        var surplus: [WarmDatabaseRepository.WarmDatabase] = []
        /// Left half removed, or half made in another schema.
        var dropped: [WarmDatabaseRepository.WarmDatabase] = []
        /// Left half made.
        var unfinished: [WarmDatabaseRepository.WarmDatabase] = []
        /// How many are to be made.
        var missing = 0

        var isEmpty: Bool { surplus.isEmpty && dropped.isEmpty && unfinished.isEmpty && missing == 0 }
    }

    private func plan(for server: DatabaseServer, stock: [WarmDatabaseRepository.WarmDatabase]) throws -> Plan {
        let fingerprint = schema.fingerprint(in: try engines.engine(server.engine).dialect)
        let stuck = main.time.wallNow.adding(.zero - Self.makingLimit)
        var (plan, count) = (Plan(), 0)
        for warm in stock {
            let (isStuck, isCurrent) = (warm.updatedAt < stuck, warm.fingerprint == fingerprint)
            switch warm.state {
            case .ready where isCurrent && count < size: count += 1
            case .ready: plan.surplus.append(warm)
            case .discarding: if isStuck { plan.dropped.append(warm) }
            case .making where isStuck && !isCurrent: plan.dropped.append(warm)
            case .making:
                if isStuck { plan.unfinished.append(warm) }
                count += 1
            }
        }
        plan.missing = max(size - count, 0)
        return plan
    }

    /// Brings one server's stock to its size.
    func refill(_ server: DatabaseServer, _ run: JobRun) async throws {
        let stock = try await main.withDatabase(.read) { try await WarmDatabaseRepository($0).list() }
        let plan = try plan(for: server, stock: stock.filter { $0.serverID == server.id })
        for warm in plan.surplus {
            try run.checkStop()
            try await discard(warm, on: server)
        }
        for warm in plan.dropped {
            try run.checkStop()
            try await drop(warm, on: server)
        }
        for warm in plan.unfinished {
            try run.checkStop()
            try await make(warm, on: server)
        }
        let fingerprint = schema.fingerprint(in: try engines.engine(server.engine).dialect)
        for _ in 0..<plan.missing {
            try run.checkStop()
            guard let warm = try await reserve(on: server, fingerprint: fingerprint) else { return }
            try await make(warm, on: server)
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
