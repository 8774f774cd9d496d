/// One file of the operator's migrations, in dbmate's format:
///
///     -- migrate:up transaction:false
///     CREATE INDEX CONCURRENTLY …;
///     -- migrate:down
///     DROP INDEX …;
///
/// Only the part after `up` is run. The one after `down` is for other tools.
struct MigrationFile: Sendable {
    /// `20260131120000_orders.sql`; for one engine alone `20260131120000_orders.postgresql.sql`.
    struct Name: Sendable, Hashable {
        let version: Int
        let name: String
        /// Nil for every engine that has no file of its own.
        let engine: EngineKind?

        /// - Throws: ``TenancyError`` `invalidConfiguration` that says what is wrong with the name.
        init(_ file: String) throws {
            guard let found = file.wholeMatch(of: #/([0-9]{14})_([A-Za-z0-9_-]{1,150})(?:\.([a-z]+))?\.sql/#),
                let version = Int(found.1)
            else {
                throw MigrationFile.fault(
                    file, "its name is not of the form YYYYMMDDhhmmss_name.sql, with letters, digits, _ and -")
            }
            engine = try found.3.map { word in
                guard let engine = EngineKind(rawValue: String(word)) else {
                    throw MigrationFile.fault(
                        file, "\(word) is no engine: \(EngineKind.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                return engine
            }
            (self.version, name) = (version, String(found.2))
        }
    }

    let up: String
    let isInTransaction: Bool

    /// - Parameter file: for messages.
    /// - Throws: ``TenancyError`` `invalidConfiguration` that says what is wrong.
    init(_ text: String, file: String) throws {
        var parts: [(marker: Marker, lines: [Substring])] = []
        let lines = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines {
            if let marker = try Marker(line, file: file) {
                parts.append((marker, []))
            } else if !parts.isEmpty {
                parts[parts.count - 1].lines.append(line)
            } else if !line.allSatisfy(\.isWhitespace), !line.drop(while: \.isWhitespace).hasPrefix("--") {
                throw Self.fault(file, "there is SQL before the line -- migrate:up")
            }
        }
        guard let first = parts.first, first.marker.direction == "up" else {
            throw Self.fault(file, "it does not begin with a line -- migrate:up")
        }
        guard parts.count <= 2, parts.dropFirst().allSatisfy({ $0.marker.direction == "down" }) else {
            throw Self.fault(file, "it has more than one part up or down")
        }
        up = first.lines.joined(separator: "\n")
        isInTransaction = first.marker.isInTransaction
    }

    /// A line `-- migrate:up` or `-- migrate:down` with its options.
    private struct Marker {
        let direction: Substring
        private(set) var isInTransaction = true

        init?(_ line: Substring, file: String) throws {
            guard let found = line.wholeMatch(of: #/--\s*migrate:(up|down)((?:\s+\S+)*)\s*/#) else {
                guard !line.hasPrefix("--") || !line.contains("migrate:") else {
                    throw MigrationFile.fault(file, "the line '\(line)' is neither -- migrate:up nor -- migrate:down")
                }
                return nil
            }
            direction = found.1
            for option in found.2.split(whereSeparator: \.isWhitespace) {
                guard ["transaction:false", "transaction:true"].contains(option) else {
                    throw MigrationFile.fault(file, "it has an unknown option: \(option)")
                }
                isInTransaction = option == "transaction:true"
            }
        }
    }

    private static let transactionWords: Set<String> = [
        "BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "END", "ABORT",
    ]

    /// The statements of the part up.
    /// - Throws: ``TenancyError`` `invalidConfiguration` if it cannot be split, or controls transactions itself.
    func statements(in dialect: any Dialect, file: String) throws -> [String] {
        guard let statements = SQLScanner.statements(of: up, quoting: dialect.quoting) else {
            throw Self.fault(file, "a quote or comment never ends, as \(dialect.engine.rawValue) reads it")
        }
        for statement in statements {
            let first = StatementTokens(statement, quoting: dialect.quoting).words.first?.word ?? ""
            if Self.transactionWords.contains(first) {
                throw Self.fault(
                    file,
                    "\(first) is not allowed: Unify runs a file in a transaction, and after transaction:false in none")
            }
            if first == "DELIMITER" {
                throw Self.fault(
                    file,
                    "DELIMITER is a command of the mysql client; leave it out, a routine from BEGIN to END is one statement"
                )
            }
        }
        return statements
    }

    static func fault(_ file: String, _ reason: String) -> TenancyError {
        TenancyError(.invalidConfiguration, "The migration file \(file) cannot be used: \(reason).")
    }
}
