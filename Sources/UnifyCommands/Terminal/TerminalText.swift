internal import Foundation

/// Text for a terminal: its width, and without characters that control the terminal.
enum TerminalText {
    /// The text with control characters, direction marks and invisible characters written as `\u{1B}`.
    /// - Parameter keepingLines: whether line ends stay.
    static func harmless(_ text: String, keepingLines: Bool = false) -> String {
        guard text.unicodeScalars.contains(where: { isHarmful($0) && !(keepingLines && $0 == "\n") }) else {
            return text
        }
        var result = ""
        for scalar in text.unicodeScalars {
            if isHarmful(scalar), !(keepingLines && scalar == "\n") {
                result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// JSON with the same characters escaped in JSON's way: they can only occur inside strings.
    static func harmless(json: String) -> String {
        guard json.unicodeScalars.contains(where: { isHarmful($0) && $0 != "\n" }) else { return json }
        var result = ""
        for scalar in json.unicodeScalars {
            if isHarmful(scalar), scalar != "\n" {
                for unit in UTF16.encode(scalar) ?? .init([]) {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }

    /// How many columns the text takes on a terminal.
    static func columns(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + columns($1) } }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .control, .format: return 0
        default: break
        }
        return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    /// East Asian Wide and Fullwidth (Unicode Standard Annex 11), with emoji, in blocks.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF,
        0x20000...0x3FFFD,
    ]

    /// The text in this many columns: cut with an ellipsis, or padded with blanks.
    static func fitted(_ text: String, to width: Int, isFilled: Bool = true) -> String {
        let own = columns(text)
        if own <= width { return isFilled ? text + String(repeating: " ", count: width - own) : text }
        var result = ""
        var used = 0
        for character in text {
            let next = columns(String(character))
            guard used + next <= width - 1 else { break }
            result.append(character)
            used += next
        }
        return result + "…" + String(repeating: " ", count: isFilled ? max(0, width - 1 - used) : 0)
    }

    /// The width of the output's terminal; nil if the output is not a terminal.
    static var outputWidth: Int? {
        var size = winsize()
        guard isatty(STDOUT_FILENO) != 0, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }
}
