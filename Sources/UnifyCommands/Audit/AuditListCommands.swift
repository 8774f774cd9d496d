internal import ArgumentParser
internal import Foundation
internal import Tenancy

extension AuditCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List entries, the newest first.",
            discussion: """
                --json prints {"items": [...], "next_cursor": N}; --before N goes on.

                Example:
                  unify audit list --user 5 --action user.
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var wanted: AuditOptions
        @OptionGroup var part: NewestFirstOptions

        func run() async throws {
            try await CommandRunner.withSystem(options, effect: .reads) { system in
                let (rows, rest) = try await system.main.withDatabase(.read) { database in
                    let filter = try await wanted.filter(in: database)
                    return (
                        try await AuditOutput.load(before: part.before, limit: part.limit, filter, in: database),
                        try await AuditLog(database).count(before: part.before, filter)
                    )
                }
                let page = ListPage(rows, of: rest) { $0.id }
                try page.print(output, ["ID", "WHEN", "WHO", "WHAT", "USER", "NAME", "DETAIL"], option: "--before") {
                    $0.values
                }
            }
        }
    }

    struct Export: AsyncParsableCommand {
        private static let batch = 1000

        static let configuration = CommandConfiguration(
            abstract: "Print all entries as JSON lines or CSV, the newest first.",
            discussion: "Example:\n  unify audit export --from 2026-11-01 --csv > audit.csv")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var wanted: AuditOptions

        @Flag(help: "Print CSV (RFC 4180), with a ' before cells that begin with =, +, - or @.")
        var csv = false

        func run() async throws {
            try await CommandRunner.withSystem(options, effect: .reads) { system in
                if csv { try CommandOutput.raw(Self.line(AuditOutput.columns)) }
                let filter = try await system.main.withDatabase(.read) { try await wanted.filter(in: $0) }
                var before: Int64?
                repeat {
                    let start = before
                    let rows = try await system.main.withDatabase(.read) {
                        try await AuditOutput.load(before: start, limit: Self.batch, filter, in: $0)
                    }
                    try CommandOutput.raw(try rows.map(text).joined())
                    before = rows.last?.id
                } while before != nil
            }
        }

        private func text(_ row: AuditOutput) throws -> String {
            guard !csv else { return Self.line(row.values) }
            return try OutputOptions.json(row, isPretty: false) + "\n"
        }

        /// Spreadsheets take a cell with such a beginning for a formula, and users choose their names.
        private static func cell(_ text: String) -> String {
            "=+-@".contains(where: { text.first == $0 }) ? "'" + text : text
        }

        private static func line(_ values: [String]) -> String {
            values.map { value in
                let text = Self.cell(TerminalText.harmless(value))
                guard text.contains(where: { ",\"\r\n".contains($0) }) else { return text }
                return "\"\(text.replacingOccurrences(of: "\"", with: "\"\""))\""
            }.joined(separator: ",") + "\r\n"
        }
    }
}
