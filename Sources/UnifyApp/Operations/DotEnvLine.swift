/// One line of a file `.env`.
struct DotEnvLine {
    struct Fault: Error { let reason: String }

    private let text: [Unicode.Scalar]

    init(_ text: String) { self.text = Array(text.unicodeScalars) }

    /// - Returns: nil for an empty line and a comment.
    func read() throws(Fault) -> (name: String, value: String)? {
        let line = Self.trimmed(text[...])
        guard let first = line.first, first != "#" else { return nil }
        guard let sign = line.firstIndex(of: "=") else {
            throw Fault(reason: "is not of the form NAME=value.")
        }
        let name = Self.withoutExport(Self.trimmed(line[..<sign]))
        guard !name.isEmpty, name.allSatisfy(Self.isOfName) else {
            throw Fault(reason: "is not of the form NAME=value: a name has letters, digits and _ only.")
        }
        return (Self.string(name), try Self.value(line[(sign + 1)...]))
    }

    private static func withoutExport(_ name: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
        let word = Array("export".unicodeScalars)
        guard name.starts(with: word), name.dropFirst(word.count).first.map(isBlank) ?? false else { return name }
        return trimmed(name.dropFirst(word.count))
    }

    /// - Parameter text: the part after the sign, without trailing blanks.
    private static func value(_ text: ArraySlice<Unicode.Scalar>) throws(Fault) -> String {
        let value = trimmed(text)
        switch value.first {
        case "'", "\"": return try quoted(value)
        case "`": throw Fault(reason: "has a value in backquotes. Use ' or \".")
        default: return try plain(text)
        }
    }

    private static func plain(_ text: ArraySlice<Unicode.Scalar>) throws(Fault) -> String {
        var end = text.endIndex
        for index in text.indices where text[index] == "#" && index > text.startIndex && isBlank(text[index - 1]) {
            end = index
            break
        }
        let value = trimmed(text[..<end])
        guard value.last != "\\" else {
            throw Fault(
                reason: "ends with a backslash: a value has one line. Put the value in quotes if that is meant.")
        }
        try refuseSubstitution(value)
        return string(value)
    }

    /// - Parameter text: begins with a quote.
    private static func quoted(_ text: ArraySlice<Unicode.Scalar>) throws(Fault) -> String {
        let quote = text[text.startIndex]
        var value: [Unicode.Scalar] = []
        var index = text.startIndex + 1
        while index < text.endIndex, text[index] != quote {
            if quote == "\"", text[index] == "\\", index + 1 < text.endIndex {
                value += escaped(text[index + 1])
                index += 2
            } else {
                value.append(text[index])
                index += 1
            }
        }
        guard index < text.endIndex else {
            throw Fault(reason: "has a quote that is not closed: a value has one line.")
        }
        let rest = trimmed(text[(index + 1)...])
        guard rest.isEmpty || rest.first == "#" else { throw Fault(reason: "goes on behind the closing quote.") }
        if quote == "\"" { try refuseSubstitution(value[...]) }
        return string(value[...])
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        switch scalar {
        case "n": ["\n"]
        case "r": ["\r"]
        case "t": ["\t"]
        case "\"", "\\", "$": [scalar]
        default: ["\\", scalar]
        }
    }

    private static func refuseSubstitution(_ value: ArraySlice<Unicode.Scalar>) throws(Fault) {
        let text = string(value)
        guard !text.contains("${"), !text.contains("$(") else {
            throw Fault(
                reason: "has ${…} or $(…) in its value, which nothing replaces here. Write the value out, or put it in "
                    + "single quotes to have it as it is.")
        }
    }

    private static func trimmed(_ text: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
        let rest = text.drop(while: isBlank)
        return rest.dropLast(rest.reversed().prefix(while: isBlank).count)
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }

    private static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", ".", "-": true
        default: false
        }
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }
}
