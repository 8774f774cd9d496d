/// An engine whose connections to servers each have a share of the process and of their server: for whatever is done
/// outside the pools.
///
/// A method that opens connections has one share until it returns, even if it opens a second one for a moment. A share is
/// never held while another one is waited for, so methods that ask their caller in between are put together from others.
struct CountedEngine: DatabaseEngine {
    /// One that has servers.
    let engine: any DatabaseEngine
    let pools: PoolDirectory

    var kind: EngineKind { engine.kind }
    var dialect: any Dialect { engine.dialect }
    var capabilities: EngineCapabilities { engine.capabilities }
    var threads: WorkerThreads? { engine.threads }

    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        let share = try await share(of: location)
        return try await keeping(share) {
            CountedConnection(try await engine.connect(to: location, as: role), share: share, of: pools)
        }
    }

    func connect(
        to location: DatabaseLocation, as role: ConnectionRole, firstQuery query: SQLStatement
    ) async throws -> (connection: any DatabaseConnection, answer: ResultSet) {
        let share = try await share(of: location)
        return try await keeping(share) {
            let (connection, answer) = try await engine.connect(to: location, as: role, firstQuery: query)
            return (CountedConnection(connection, share: share, of: pools), answer)
        }
    }

    func queryOnce(_ query: SQLStatement, at location: DatabaseLocation) async throws -> ResultSet {
        try await counted(location) { try await engine.queryOnce(query, at: location) }
    }

    func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws {
        try await counted(location) {
            try await engine.makeDatabase(at: location, schema: schema, identity: identity)
        }
    }

    func dropDatabase(at location: DatabaseLocation) async throws {
        try await counted(location) { try await engine.dropDatabase(at: location) }
    }

    func databaseContent(of location: DatabaseLocation, schema: Schema) async throws -> DatabaseContent {
        try await counted(location) { try await engine.databaseContent(of: location, schema: schema) }
    }

    func quarantine(_ location: DatabaseLocation) async throws {
        try await counted(location) { try await engine.quarantine(location) }
    }

    func sizeBytes(of location: DatabaseLocation) async throws -> Int64 {
        try await counted(location) { try await engine.sizeBytes(of: location) }
    }

    func integrityProblems(on connection: any DatabaseConnection) async throws -> [String] {
        try await engine.integrityProblems(on: (connection as? CountedConnection)?.connection ?? connection)
    }

    func lastModified(of location: DatabaseLocation) async throws -> Timestamp? {
        try await counted(location) { try await engine.lastModified(of: location) }
    }

    func grantAccess(to location: DatabaseLocation) async throws {
        try await counted(location) { try await engine.grantAccess(to: location) }
    }

    func setPassword(_ password: Secret<String>, at location: DatabaseLocation) async throws {
        try await counted(location) { try await engine.setPassword(password, at: location) }
    }

    func fault(in password: Secret<String>) -> String? { engine.fault(in: password) }

    func inspectServer(_ location: DatabaseLocation, namePrefix: String) async throws -> ServerReport {
        try await counted(location) { try await engine.inspectServer(location, namePrefix: namePrefix) }
    }

    func databaseNames(at location: DatabaseLocation, beginningWith prefix: String) async throws -> [String] {
        try await counted(location) { try await engine.databaseNames(at: location, beginningWith: prefix) }
    }

    // MARK: Shares

    private func counted<Result>(
        _ location: DatabaseLocation, _ body: () async throws -> Result
    ) async throws -> Result {
        let share = try await share(of: location)
        let result = try await keeping(share, body)
        await pools.release(share)
        return result
    }

    /// Nothing was asked of the server if there is no share.
    private func share(of location: DatabaseLocation) async throws -> PoolDirectory.Machine.Lease {
        do {
            let limit = ServerLimit(
                location.serverAddress, maxConnections: location.maxConnections ?? ServerLimit.defaultMaxConnections,
                isDefault: location.maxConnections == nil)
            return try await pools.reserve(on: limit)
        } catch let error as TenancyError {
            var error = error
            error.isBeforeAnyEffect = true
            throw error
        }
    }

    /// Gives the share back if the body fails.
    private func keeping<Result>(
        _ share: PoolDirectory.Machine.Lease, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch {
            await pools.release(share)
            throw error
        }
    }
}

extension EngineRegistry {
    /// The same engines, for work outside the pools: those with servers count their connections. An embedded engine's are
    /// not connections to anything, and its files are open for moments.
    func counted(in pools: PoolDirectory) -> EngineRegistry {
        map { $0.capabilities.isEmbedded ? $0 : CountedEngine(engine: $0, pools: pools) }
    }
}
