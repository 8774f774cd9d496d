/// An error of the library. Its message is safe to log and says what to do.
///
/// ``description`` never contains SQL, a bound value or a secret; ``debugDescription`` adds the SQL, never the
/// values.
public struct TenancyError: Error, Sendable {
    /// The kind of error; compare with `==` or switch over ``rawValue``.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case noUserContext, contextConflict, readOnlyContext
            case userNotFound, userDatabaseNotFound, databaseMissing, databaseUnreadable, databaseCorrupt
            case wrongDatabase, databaseSuspended, databaseNotReady, staleLease, leaseEnded
            case poolTimeout, overloaded, shuttingDown
            case serverNotFound, connectionFailed, loginRefused, serverUnavailable, busy, cancelled, deadlineExceeded,
                resultTooLarge
            case readOnlyLease, notAuthorized, nestedTransaction, nestedLease
            case uniqueViolation, constraintViolation, invalidStatement, tableMissing, unexpectedValue
            case diskFull, ioFailure, schemaTooNew, schemaTooOld, migrationConflict
            case keyMissing, keyWrong, unsealFailed
            case jobNotFound, jobStateConflict, jobTakenOver
            case engineUnavailable, invalidConfiguration, provisioningFailed, internalFailure
        }

        private let kind: Kind
        private init(_ kind: Kind) { self.kind = kind }

        /// The code in snake_case, as the HTTP interface and the command print it.
        public var rawValue: String {
            kind.rawValue.reduce(into: "") { text, character in
                if character.isUppercase { text += "_" }
                text += character.lowercased()
            }
        }
        public var description: String { rawValue }

        /// Code that reads a user's data ran outside any user's context.
        public static let noUserContext = Code(.noUserContext)
        /// Code in one user's context asked for another user's database.
        public static let contextConflict = Code(.contextConflict)
        /// Code in a context with rights to read asked for a lease for writing.
        public static let readOnlyContext = Code(.readOnlyContext)
        /// No such user in the main database.
        public static let userNotFound = Code(.userNotFound)
        /// The user has no database yet.
        public static let userDatabaseNotFound = Code(.userDatabaseNotFound)
        /// The config names a database that does not exist.
        public static let databaseMissing = Code(.databaseMissing)
        /// The database exists but may not be read or written.
        public static let databaseUnreadable = Code(.databaseUnreadable)
        /// The file or database is corrupt, or not a database.
        public static let databaseCorrupt = Code(.databaseCorrupt)
        /// The identity stamp is missing or names another user or another database.
        public static let wrongDatabase = Code(.wrongDatabase)
        /// The user or their database is suspended.
        public static let databaseSuspended = Code(.databaseSuspended)
        /// The database is still being provisioned.
        public static let databaseNotReady = Code(.databaseNotReady)
        /// The config changed while the lease was held; ask for a new one.
        public static let staleLease = Code(.staleLease)
        /// The handle was used after its closure had returned.
        public static let leaseEnded = Code(.leaseEnded)
        /// No connection became free before the deadline.
        public static let poolTimeout = Code(.poolTimeout)
        /// Too many requests are waiting.
        public static let overloaded = Code(.overloaded)
        /// The pool or the process is shutting down.
        public static let shuttingDown = Code(.shuttingDown)
        /// The database could not be reached.
        public static let connectionFailed = Code(.connectionFailed)
        /// No such server in the main database.
        public static let serverNotFound = Code(.serverNotFound)
        /// The server refuses this login, or its access to this database.
        public static let loginRefused = Code(.loginRefused)
        /// The server failed recently and is not tried again before the next probe.
        public static let serverUnavailable = Code(.serverUnavailable)
        /// Another process held the database's lock for too long.
        public static let busy = Code(.busy)
        /// The task was cancelled.
        public static let cancelled = Code(.cancelled)
        /// The statement ran past its time limit.
        public static let deadlineExceeded = Code(.deadlineExceeded)
        /// The result exceeds the limit of rows or bytes.
        public static let resultTooLarge = Code(.resultTooLarge)
        /// A statement that writes was run on a read lease.
        public static let readOnlyLease = Code(.readOnlyLease)
        /// The engine refuses this statement to user code.
        public static let notAuthorized = Code(.notAuthorized)
        /// A transaction was started inside a transaction.
        public static let nestedTransaction = Code(.nestedTransaction)
        /// The task already holds a lease that this one would wait for.
        public static let nestedLease = Code(.nestedLease)
        /// A row with this key already exists.
        public static let uniqueViolation = Code(.uniqueViolation)
        /// The row breaks a rule of its table.
        public static let constraintViolation = Code(.constraintViolation)
        /// The SQL or its parameters are wrong.
        public static let invalidStatement = Code(.invalidStatement)
        /// The statement names a table that the database does not have.
        public static let tableMissing = Code(.tableMissing)
        /// A column does not contain what the code expects.
        public static let unexpectedValue = Code(.unexpectedValue)
        /// The disk is full, or the database has reached its size limit.
        public static let diskFull = Code(.diskFull)
        /// The disk failed to read or write.
        public static let ioFailure = Code(.ioFailure)
        /// The database has a newer schema than this program.
        public static let schemaTooNew = Code(.schemaTooNew)
        /// The database lacks migrations that this program needs, and was opened without permission to migrate.
        public static let schemaTooOld = Code(.schemaTooOld)
        /// A migration of the database was changed, is missing, or was left out.
        public static let migrationConflict = Code(.migrationConflict)
        /// There is no root key.
        public static let keyMissing = Code(.keyMissing)
        /// The main database was sealed with another root key.
        public static let keyWrong = Code(.keyWrong)
        /// A sealed secret cannot be opened.
        public static let unsealFailed = Code(.unsealFailed)
        /// No engine of this kind is registered.
        public static let engineUnavailable = Code(.engineUnavailable)
        /// A setting or an argument has a bad value.
        public static let invalidConfiguration = Code(.invalidConfiguration)
        /// The user's database could not be made; nothing was left behind.
        public static let provisioningFailed = Code(.provisioningFailed)
        /// No such job in the main database.
        public static let jobNotFound = Code(.jobNotFound)
        /// The job's state or kind does not allow this.
        public static let jobStateConflict = Code(.jobStateConflict)
        /// Another process has taken the job over, or it has ended; nothing was written.
        public static let jobTakenOver = Code(.jobTakenOver)
        /// A bug, or an error that the engine does not explain.
        public static let internalFailure = Code(.internalFailure)
    }

    public let code: Code
    public let message: String
    public var cause: (any Error)?
    public var userID: UserID?
    public var engine: EngineKind?
    public var sql: String?
    /// Whether it is certain that nothing was begun, so that nothing needs undoing.
    package var isBeforeAnyEffect = false
    /// Whether a change of the schema failed because its effect is there already.
    package var isEffectThere = false

    public init(
        _ code: Code, _ message: String, cause: (any Error)? = nil, userID: UserID? = nil, engine: EngineKind? = nil,
        sql: String? = nil
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.userID = userID
        self.engine = engine
        self.sql = sql
    }

    /// The config changed while the lease was held or waited for.
    static var staleLease: TenancyError {
        TenancyError(.staleLease, "The user's database has changed; ask for it again.")
    }

    /// The same error with this user as context.
    func about(_ userID: UserID) -> TenancyError {
        var copy = self
        copy.userID = userID
        return copy
    }
}

extension TenancyError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String {
        var text = "\(code): \(message)"
        if let userID { text += " (user \(userID))" }
        if let cause = cause as? TenancyError { text += " Cause: \(cause)" }
        return text
    }

    public var debugDescription: String { sql.map { "\(description) SQL: \($0)" } ?? description }
}
