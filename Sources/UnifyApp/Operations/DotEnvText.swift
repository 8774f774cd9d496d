/// The contents of a file `.env`: lines of `NAME=value`, as in dotenv.
///
/// A line may begin with `export`, and ends with LF, CR LF or CR. Blanks around the name and the value are ignored. A
/// value in single quotes is literal; in double quotes `\n`, `\r`, `\t`, `\"`, `\\` and `\$` are escapes. Without
/// quotes, a `#` after a blank begins a comment. A value cannot span lines.
struct DotEnvText {
    struct Entry: Equatable {
        let name: String
        let value: String
        let line: Int
    }

    static let maxBytes = 1024 * 1024
    static let maxLineBytes = 32 * 1024

    private(set) var entries: [Entry] = []
    /// Errors, without any value.
    private(set) var faults: [String] = []

    init(_ bytes: [UInt8]) {
        guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else {
            faults = ["is in UTF-16. Save it as UTF-8."]
            return
        }
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        for (index, line) in Self.lines(bytes.dropFirst(hasMark ? 3 : 0)).enumerated() { read(line, index + 1) }
        refuseDuplicates()
    }

    private static func lines(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var begin = bytes.startIndex
        var index = begin
        while index < bytes.endIndex {
            defer { index += 1 }
            guard bytes[index] == UInt8(ascii: "\n") || bytes[index] == UInt8(ascii: "\r") else { continue }
            lines.append(bytes[begin..<index])
            let next = index + 1
            if bytes[index] == UInt8(ascii: "\r"), next < bytes.endIndex, bytes[next] == UInt8(ascii: "\n") {
                index = next
            }
            begin = index + 1
        }
        return lines + [bytes[begin...]]
    }

    private mutating func read(_ bytes: ArraySlice<UInt8>, _ number: Int) {
        guard bytes.count <= Self.maxLineBytes else {
            return refuse(number, "is longer than \(Self.maxLineBytes) bytes.")
        }
        guard let line = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            return refuse(number, "is not text in UTF-8.")
        }
        do {
            guard let (name, value) = try DotEnvLine(line).read() else { return }
            entries.append(Entry(name: name, value: value, line: number))
        } catch {
            refuse(number, error.reason)
        }
    }

    private mutating func refuse(_ line: Int, _ reason: String) { faults.append("line \(line) \(reason)") }

    private mutating func refuseDuplicates() {
        for (name, all) in Dictionary(grouping: entries, by: \.name).sorted(by: { $0.key < $1.key }) where all.count > 1
        {
            let lines = all.map { "\($0.line)" }
            faults.append(
                "sets \(name) \(all.count) times, in the lines \(lines.joined(separator: ", ")). Keep one of them.")
        }
    }
}
