internal import ArgumentParser
internal import Foundation

/// How a command prints what it found: lines for people, or JSON for programs.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false

    /// Prints a value as JSON, or else the lines.
    func print(_ value: some Encodable, lines: () -> [String]) throws {
        try Self.print(value, asJSON: json, lines: lines)
    }

    static func print(_ value: some Encodable, asJSON: Bool, lines: () -> [String]) throws {
        guard asJSON else {
            for line in lines() { Swift.print(line) }
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        Swift.print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Lines of columns, as wide as their widest cell.
    static func table(_ header: [String], _ rows: [[String]]) -> [String] {
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        return ([header] + rows).map { row in
            zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ")
                .trimmingCharacters(in: .whitespaces)
        }
    }
}
