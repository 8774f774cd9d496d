internal import Crypto

/// The smallest part of a migration on one engine: a statement, or a data step. The record counts these.
struct MigrationPiece: Sendable {
    enum Work: Sendable {
        /// May share a transaction with its neighbours.
        case statement(String)
        case outside(String)
        case data(name: String, revision: Int, MigrationStep.Batch)
    }

    let work: Work
    let timeLimit: Duration

    init(_ work: Work, timeLimit: Duration) {
        self.work = work
        self.timeLimit = timeLimit
    }

    var isStatement: Bool { if case .statement = work { true } else { false } }

    /// The SQL; nil for a data step.
    var sql: String? {
        switch work {
        case .statement(let sql), .outside(let sql): sql
        case .data: nil
        }
    }

    private var words: [String] {
        switch work {
        case .statement(let sql): [sql]
        case .outside(let sql): ["outside", sql]
        case .data(let name, let revision, _): ["data", name, "\(revision)"]
        }
    }

    /// 32 hexadecimal digits that are equal only if all pieces do the same.
    static func checksum(of pieces: some Sequence<MigrationPiece>) -> String {
        var hash = SHA256()
        for piece in pieces {
            for word in piece.words {
                hash.update(data: Array(word.utf8))
                hash.update(data: [0])
            }
            hash.update(data: [1])
        }
        return Hex.encode(hash.finalize().prefix(16))
    }
}
