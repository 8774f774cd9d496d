internal import CSQLite
internal import CSQLiteBounds
internal import Foundation
internal import Tenancy

/// SQLite's callbacks: whether a statement is allowed, whether it must stop, and whether to keep waiting for a lock.
///
/// Lives as long as its connection, and is called only on the thread that is inside a call of that connection.
final class SQLiteStatementPolicy {
    /// Virtual machine instructions between two clock checks: well below a millisecond.
    private static let instructionsBetweenChecks: Int32 = 2000
    /// Clock checks allowed for a short statement, which therefore runs for at most 4,000 to 6,000 instructions.
    private static let shortChecks = 3
    private static let readingPragmas: Set<String> = [
        "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
        "foreign_key_check", "page_count", "page_size", "freelist_count", "quick_check", "integrity_check",
        "data_version", "encoding",
    ]
    /// Only migrations make tables, on a maintenance connection.
    private static let schemaActions: Set<Int32> = [
        SQLITE_CREATE_TABLE, SQLITE_CREATE_INDEX, SQLITE_CREATE_VIEW, SQLITE_CREATE_TRIGGER, SQLITE_CREATE_VTABLE,
        SQLITE_DROP_TABLE, SQLITE_DROP_INDEX, SQLITE_DROP_VIEW, SQLITE_DROP_TRIGGER, SQLITE_DROP_VTABLE,
        SQLITE_ALTER_TABLE, SQLITE_REINDEX, SQLITE_ANALYZE,
    ]
    /// Temporary objects would stay with the connection from one lease to the next.
    private static let temporarySchemaActions: Set<Int32> = [
        SQLITE_CREATE_TEMP_TABLE, SQLITE_CREATE_TEMP_INDEX, SQLITE_CREATE_TEMP_VIEW, SQLITE_CREATE_TEMP_TRIGGER,
        SQLITE_DROP_TEMP_TABLE, SQLITE_DROP_TEMP_INDEX, SQLITE_DROP_TEMP_VIEW, SQLITE_DROP_TEMP_TRIGGER,
    ]
    private static let stampTables: Set<String> = ["database_identity", "schema_migrations"]

    var allowsTransactionControl = false
    private let role: ConnectionRole
    /// The account of the statement's memory and temporary files.
    private let account: OpaquePointer?
    private let busyLimit: Duration
    private let time: any TimeSource
    private let slowStatements: SlowStatements?
    private var ticket: SQLiteCancellation.Ticket?
    /// When the statement becomes a slow one; nil if it already is or never does.
    private var slowAt: Duration?
    private var hasSlowPlace = false
    private var isRefusedAsSlow = false
    private var deadline: Duration = .zero
    /// Remaining clock checks; nil if the statement has a time limit instead.
    private var checksLeft: Int?
    private var busySince: Duration = .zero

    /// - Parameter slowStatements: nil if the number of slow statements is not limited.
    init(
        role: ConnectionRole, account: OpaquePointer?, busyLimit: Duration, slowStatements: SlowStatements?,
        time: any TimeSource
    ) {
        self.slowStatements = role == .maintenance ? nil : slowStatements
        self.role = role
        self.account = account
        self.busyLimit = busyLimit
        self.time = time
    }

    /// Installs the callback that decides which statements are allowed.
    func installAuthorizer(on connection: OpaquePointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_set_authorizer(
            connection,
            { context, action, first, second, _, _ in
                SQLiteStatementPolicy.from(context).authorize(action, first, second)
            }, context)
    }

    /// Installs the callbacks that wait for locks and stop statements.
    func installWaiting(on connection: OpaquePointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_progress_handler(
            connection, Self.instructionsBetweenChecks,
            { context in SQLiteStatementPolicy.from(context).isOverdue() ? 1 : 0 }, context)
        sqlite3_busy_handler(
            connection, { context, tries in SQLiteStatementPolicy.from(context).waitForLock(tries) ? 1 : 0 }, context)
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> SQLiteStatementPolicy {
        guard let context else { preconditionFailure("SQLite lost the context pointer") }
        return Unmanaged<SQLiteStatementPolicy>.fromOpaque(context).takeUnretainedValue()
    }

    /// Starts the clock for one statement; ``end()`` must follow.
    func begin(_ ticket: SQLiteCancellation.Ticket, timeLimit: Duration) {
        unify_sqlite_statement_begin(account)
        self.ticket = ticket
        checksLeft = nil
        let now = time.monotonicNow
        deadline = now + timeLimit
        isRefusedAsSlow = false
        slowAt = slowStatements == nil || ticket.isFirm ? nil : now + SlowStatements.threshold
    }

    /// Releases what the statement took; called on the thread that began it, after its reset.
    func end() {
        unify_sqlite_statement_end()
        slowAt = nil
        guard hasSlowPlace else { return }
        hasSlowPlace = false
        slowStatements?.leave()
    }

    /// Starts a statement that stops by itself after some thousand instructions, and waits for no lock; ``end()`` must
    /// follow.
    func beginShort() {
        unify_sqlite_statement_begin(account)
        ticket = nil
        checksLeft = Self.shortChecks
    }

    /// - Throws: ``TenancyError`` `cancelled` or `deadlineExceeded` if the statement must stop.
    func refuseIfStopped() throws {
        if ticket?.isCancelled == true {
            throw TenancyError(.cancelled, "The statement was cancelled.", engine: .sqlite)
        }
        if isRefusedAsSlow {
            throw TenancyError(
                .overloaded, "Too many statements run for long just now. Try again in a moment.", engine: .sqlite)
        }
        if time.monotonicNow >= deadline {
            throw TenancyError(.deadlineExceeded, "The statement ran past its time limit.", engine: .sqlite)
        }
    }

    private func mustStop(_ now: Duration) -> Bool { ticket?.isCancelled == true || now >= deadline }

    private func isOverdue() -> Bool {
        guard let left = checksLeft else {
            let now = time.monotonicNow
            return mustStop(now) || isRefusedAsSlow(now)
        }
        checksLeft = left - 1
        return left <= 1
    }

    /// Whether the statement has just become a slow one and there are too many of them.
    private func isRefusedAsSlow(_ now: Duration) -> Bool {
        guard let slowAt, now >= slowAt, let slowStatements else { return false }
        self.slowAt = nil
        hasSlowPlace = slowStatements.enter()
        isRefusedAsSlow = !hasSlowPlace
        return isRefusedAsSlow
    }

    /// Waits for another connection's lock: 1 ms, doubling each time up to 32 ms.
    private func waitForLock(_ tries: Int32) -> Bool {
        guard checksLeft == nil else { return false }
        if tries == 0 { busySince = time.monotonicNow }
        let now = time.monotonicNow
        guard !mustStop(now), now - busySince < busyLimit else { return false }
        usleep(1000 << UInt32(min(tries, 5)))
        return true
    }

    // MARK: Authorizer

    private func authorize(
        _ action: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?
    ) -> Int32 {
        isAllowed(action, first, second) ? SQLITE_OK : SQLITE_DENY
    }

    private func isAllowed(_ action: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?) -> Bool {
        switch action {
        case SQLITE_ATTACH, SQLITE_DETACH: false
        case SQLITE_FUNCTION: Self.lowercased(second) != "load_extension"
        case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: allowsTransactionControl
        case SQLITE_PRAGMA: Self.readingPragmas.contains(Self.lowercased(first))
        case SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE:
            role != .user || !Self.stampTables.contains(Self.lowercased(first))
        case _ where Self.temporarySchemaActions.contains(action): false
        case _ where Self.schemaActions.contains(action): role != .user
        default: true
        }
    }

    private static func lowercased(_ text: UnsafePointer<CChar>?) -> String {
        text.map { String(cString: $0).lowercased() } ?? ""
    }
}
