internal import CSQLite
internal import CSQLiteBounds
internal import Foundation
internal import Synchronization
public import Tenancy

/// User databases and the main database as SQLite files: WAL, `synchronous=FULL`, one writer and many readers.
///
/// A file is complete before it gets its name, and opening never creates one. Folders have mode 0700, files 0600.
public final class SQLiteEngine: DatabaseEngine {
    public let kind = EngineKind.sqlite
    public let dialect: any Dialect = SQLiteDialect()
    /// The file itself, its write-ahead log, and the log's shared index.
    public let capabilities = EngineCapabilities(
        hasSingleWriter: true, descriptorsPerConnection: 3, isEmbedded: true, sharesCommits: true)
    private let options: Options
    private let time: any TimeSource
    private let workers: WorkerThreads
    /// For reads known to be long: few threads, at low priority.
    private let longWorkers: WorkerThreads
    private let slowStatements: SlowStatements
    private let files = SQLiteOpenFiles()
    private let templates = Lock<[String: [UInt8]]>([:])
    private let stampedImages = Lock<[StampKey: StampedImage]>([:])

    private struct StampKey: Hashable {
        let template: String
        let schemaVersion: Int
        let fingerprint: String
    }

    public var threads: WorkerThreads? { workers }

    /// The memory limit for all connections of the process together, counting blocks of at least 256 KiB, and what a
    /// running statement has in smaller blocks beyond its first 4 MiB.
    package static let maxMemoryBytes = 256 * 1024 * 1024
    /// The limit of temporary files for all users' connections of the process together.
    package static let maxTemporaryBytes = 1024 * 1024 * 1024

    /// SQLite's own memory statistics stay off, because they take one lock for all connections. The memory limit has
    /// no effect if the process used SQLite before; without the counting file system, no database opens.
    private static let isBounded: Void = {
        _ = unify_sqlite_bound(Int64(maxMemoryBytes), Int64(maxTemporaryBytes))
    }()

    /// The engine's options.
    public struct Options: Sendable {
        /// The most threads that wait for the disk.
        public var maxThreads: Int
        /// The most concurrent statements that run for more than 50 ms; a further one is stopped with `overloaded`.
        /// As many statements known to be long run besides, on their own threads.
        public var maxSlowStatements: Int
        /// How long a statement waits for another process's lock.
        public var busyLimit: Duration
        /// Prepared statements kept for each connection.
        public var statementCacheSize: Int
        /// Page cache of each connection, in KiB.
        public var pageCacheKiB: Int
        public var durability: Durability
        /// The folder for temporary files: an existing folder, one for the whole process. Nil for the system's.
        public var temporaryFolder: String?
        /// The most bytes of temporary files for each connection, except maintenance connections.
        public var maxTemporaryBytes: Int
        /// The most bytes by which one statement may let SQLite's memory grow, except on maintenance connections. Small
        /// blocks count in steps of 4 MiB.
        public var maxStatementMemoryBytes: Int

        public init(
            maxThreads: Int = 64, maxSlowStatements: Int? = nil, busyLimit: Duration = .seconds(5),
            statementCacheSize: Int = 64, pageCacheKiB: Int = 1024, durability: Durability = .full,
            temporaryFolder: String? = nil,
            maxTemporaryBytes: Int = 256 * 1024 * 1024, maxStatementMemoryBytes: Int = 128 * 1024 * 1024
        ) {
            self.maxThreads = maxThreads
            self.maxSlowStatements =
                maxSlowStatements
                ?? max(1, min(maxThreads / 4, ProcessInfo.processInfo.activeProcessorCount * 2))
            self.busyLimit = busyLimit
            self.statementCacheSize = statementCacheSize
            self.pageCacheKiB = pageCacheKiB
            self.durability = durability
            self.temporaryFolder = temporaryFolder
            self.maxTemporaryBytes = maxTemporaryBytes
            self.maxStatementMemoryBytes = maxStatementMemoryBytes
        }
    }

    /// When a commit is on disk.
    public enum Durability: String, Sendable {
        /// Before it is acknowledged: survives power loss.
        case full
        /// At the next checkpoint: survives kill -9, but not power loss.
        case normal
    }

    /// - Parameter name: the threads' name in a debugger.
    public init(options: Options = Options(), name: String = "sqlite", time: any TimeSource = SystemTimeSource()) {
        Self.isBounded
        if let folder = options.temporaryFolder { unify_sqlite_set_temporary_folder(folder) }
        self.options = options
        self.time = time
        longWorkers = WorkerThreads(
            name: "\(name)-long", maxThreads: options.maxSlowStatements, niceness: 10, isApart: true)
        slowStatements = SlowStatements(limit: options.maxSlowStatements)
        workers = WorkerThreads(name: name, maxThreads: options.maxThreads)
    }

    public func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        let path = try Self.path(of: location)
        let handle = try await workers.run { [options, files, slowStatements, time] in
            SQLiteBox(
                try SQLiteHandle(
                    path: path, role: role, options: options, files: files, slowStatements: slowStatements, time: time))
        }
        return SQLiteConnection(handle, workers: workers, longWorkers: longWorkers, time: time)
    }

    public func connect(
        to location: DatabaseLocation, as role: ConnectionRole, firstQuery query: SQLStatement
    ) async throws -> (connection: any DatabaseConnection, answer: ResultSet) {
        let path = try Self.path(of: location)
        let (box, answer) = try await workers.run { [self] in
            let (handle, answer) = try open(path, role, firstQuery: query)
            return (SQLiteBox(handle), answer)
        }
        return (SQLiteConnection(box, workers: workers, longWorkers: longWorkers, time: time), answer)
    }

    public func queryOnce(_ query: SQLStatement, at location: DatabaseLocation) async throws -> ResultSet {
        let path = try Self.path(of: location)
        return try await workers.run { [self] in
            // Without a log beside it, nobody is working in the file, and reading it needs no log.
            let isQuiet = !SQLiteFile(path: path + "-wal").exists
            let (handle, answer) = try open(path, .user, isImmutable: isQuiet, firstQuery: query)
            handle.close()
            return answer
        }
    }

    private func open(
        _ path: String, _ role: ConnectionRole, isImmutable: Bool = false, firstQuery query: SQLStatement
    ) throws -> (SQLiteHandle, ResultSet) {
        let handle = try SQLiteHandle(
            path: path, role: role, isImmutable: isImmutable, options: options, files: files,
            slowStatements: slowStatements, time: time)
        do {
            let ticket = SQLiteCancellation().makeFirmTicket()
            return (handle, try handle.query(query, StatementLimits(access: .read), ticket))
        } catch {
            handle.close()
            throw error
        }
    }

    public func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws {
        let path = try Self.path(of: location)
        try await workers.run { [self] in
            guard !SQLiteFile(path: path).exists else { return }
            let image = try image(of: schema, identity: identity)
            try SQLiteFile(path: path).publish(image)
        }
    }

    public func dropDatabase(at location: DatabaseLocation) async throws {
        let path = try Self.path(of: location)
        try await workers.run { try SQLiteFile(path: path).remove() }
    }

    public func quarantine(_ location: DatabaseLocation) async throws {
        let path = try Self.path(of: location)
        let stamp = time.wallNow.milliseconds
        try await workers.run { try SQLiteFile(path: path).rename(suffix: "\(SQLiteFile.quarantineMark)\(stamp)") }
    }

    public func exchange(_ location: DatabaseLocation, with other: DatabaseLocation) async throws {
        let (path, otherPath) = (try Self.path(of: location), try Self.path(of: other))
        try await workers.run { try SQLiteFile(path: path).exchange(with: SQLiteFile(path: otherPath)) }
    }

    public func dropQuarantined(
        of location: DatabaseLocation, unless isForeign: @escaping @Sendable (DatabaseLocation) async throws -> Bool
    ) async throws {
        let path = try Self.path(of: location)
        var kept: Set<String> = []
        for aside in try await workers.run({ try SQLiteFile(path: path).quarantinedDatabases() }) {
            if try await isForeign(.file(aside)) { kept.insert(aside) }
        }
        try await workers.run { [kept] in try SQLiteFile(path: path).removeQuarantined(except: kept) }
    }

    public func sizeBytes(of location: DatabaseLocation) async throws -> Int64 {
        let path = try Self.path(of: location)
        return try await workers.run { try SQLiteFile(path: path).sizeBytes() }
    }

    public func lastModified(of location: DatabaseLocation) async throws -> Timestamp? {
        let path = try Self.path(of: location)
        return try await workers.run { try SQLiteFile(path: path).lastModified() }
    }

    public func snapshot(of location: DatabaseLocation, to copy: String) async throws -> Bool {
        let path = try Self.path(of: location)
        return try await longWorkers.run { [options, files, time] in
            let handle = try SQLiteHandle(
                path: path, role: .maintenance, options: options, files: files, time: time)
            defer { handle.close() }
            try SQLiteFile(path: copy).create { try handle.copy(to: copy) }
            return true
        }
    }

    public func makeChangeListener(at location: DatabaseLocation) async throws -> (any ChangeListener)? {
        SQLiteChangeListener(path: try Self.path(of: location))
    }

    /// The time limit of checking a whole file.
    private static let integrityLimit: Duration = .seconds(600)

    public func integrityProblems(on connection: any DatabaseConnection) async throws -> [String] {
        var limits = StatementLimits(access: .read, timeLimit: Self.integrityLimit)
        limits.isLong = true
        let rows = try await connection.query("PRAGMA quick_check(10)", limits: limits)
        return rows.compactMap { row in
            if case .text(let text) = row[0], text != "ok" { return text }
            return nil
        }
    }

    private func image(of schema: Schema, identity: DatabaseIdentity?) throws -> [UInt8] {
        let key = schema.fingerprint(in: dialect)
        let template: [UInt8]
        if let known = templates.withLock({ $0[key] }) {
            template = known
        } else {
            let statements = schema.creationStatements(in: dialect, date: time.wallNow)
            template = try SQLiteImage.make(statements)
            templates.withLock { $0[key] = template }
        }
        guard let identity else { return template }
        let stampKey = StampKey(
            template: key, schemaVersion: identity.schemaVersion, fingerprint: identity.fingerprint)
        if let known = stampedImages.withLock({ $0[stampKey] }) { return known.bytes(for: identity) }
        let new = try StampedImage(
            template, schemaVersion: identity.schemaVersion, fingerprint: identity.fingerprint, dialect: dialect)
        guard let new else { return try SQLiteImage.make([identity.insertion(in: dialect)], from: template) }
        stampedImages.withLock { $0[stampKey] = new }
        return new.bytes(for: identity)
    }

    private static func path(of location: DatabaseLocation) throws -> String {
        guard location.engine == .sqlite, let path = location.path, path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw TenancyError(
                .invalidConfiguration, "An SQLite database is named by the absolute path of its file.", engine: .sqlite)
        }
        return path
    }
}
