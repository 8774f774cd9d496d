internal import Synchronization
internal import Tenancy

/// A connection that runs nothing and counts what is done to it.
final class FakeConnection: DatabaseConnection {
    struct Record {
        var closeCount = 0
        var interruptCount = 0
        var resetCount = 0
        var needsReset = false
        var resetSucceeds = true
    }

    let number: Int
    private let record = Lock(Record())
    private let onClose: @Sendable () -> Void

    private let gate: Gate?

    init(number: Int, closingAfter gate: Gate? = nil, onClose: @escaping @Sendable () -> Void) {
        self.gate = gate
        self.number = number
        self.onClose = onClose
    }

    var closeCount: Int { record.withLock { $0.closeCount } }
    var interruptCount: Int { record.withLock { $0.interruptCount } }
    var resetCount: Int { record.withLock { $0.resetCount } }
    var needsReset: Bool { record.withLock { $0.needsReset } }

    /// Makes the connection look as if its lease had left a transaction open.
    func soil(resetSucceeds: Bool) {
        record.withLock {
            $0.needsReset = true
            $0.resetSucceeds = resetSucceeds
        }
    }

    func query(_ statement: SQLStatement, limits: StatementLimits) async throws -> ResultSet {
        ResultSet(columns: ColumnNames([]), cells: [])
    }

    func execute(_ statement: SQLStatement, limits: StatementLimits) async throws -> ExecutionResult {
        ExecutionResult(changes: 0, lastInsertID: nil)
    }

    func begin(_ access: Access) async throws {}
    func commit() async throws {}
    func rollback() async throws {}

    func reset() async -> Bool {
        record.withLock {
            $0.resetCount += 1
            $0.needsReset = !$0.resetSucceeds
            return $0.resetSucceeds
        }
    }

    func interrupt() { record.withLock { $0.interruptCount += 1 } }

    func close() async {
        await gate?.wait()
        record.withLock { $0.closeCount += 1 }
        onClose()
    }
}
