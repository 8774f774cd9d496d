internal import ArgumentParser
internal import Foundation

/// How a command prints its result: lines for people, or JSON for programs.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false

    /// Prints a value as JSON, or the lines.
    /// - Throws: ``OutputFailure`` if it cannot be written.
    func print(_ value: some Encodable, lines: () -> [String]) throws {
        try Self.print(value, asJSON: json, lines: lines)
    }

    static func print(_ value: some Encodable, asJSON: Bool, lines: () -> [String]) throws {
        guard asJSON else { return try CommandOutput.lines(lines()) }
        try CommandOutput.raw(try json(value) + "\n")
    }

    static func json(_ value: some Encodable, isPretty: Bool = true) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return TerminalText.harmless(json: String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Lines of columns, each as wide as its widest cell; on a terminal that is narrower the widest ones are cut.
    static func table(_ header: [String], _ rows: [[String]], width: Int? = TerminalText.outputWidth) -> [String] {
        let all = [header] + rows.map { $0.map { TerminalText.harmless($0) } }
        var widths = header.indices.map { column in all.map { TerminalText.columns($0[column]) }.max() ?? 0 }
        if let width { shrink(&widths, to: max(width, header.count * 6)) }
        return all.map { row in
            var line = zip(row, widths).map { TerminalText.fitted($0, to: $1) }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// Takes columns from the widest cells until the table fits.
    private static func shrink(_ widths: inout [Int], to width: Int) {
        let room = width - 2 * (widths.count - 1)
        while widths.reduce(0, +) > room, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > 4
        {
            widths[widest] -= 1
        }
    }
}
