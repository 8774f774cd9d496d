import Foundation
import Testing

@testable import UnifyApp

/// Files `.env` as people write them.
@Suite struct DotEnvTests {
    private func read(_ text: String) -> DotEnvText { DotEnvText(Array(text.utf8)) }

    /// Each is one setting with the value `true`.
    @Test(arguments: [
        "MODE=true", "MODE=true\n", "MODE=true\r\n", "MODE=true\r", "# mine\r\nMODE=true\r\n", "\u{FEFF}MODE=true",
        "\u{FEFF}# mine\r\nMODE=true", "export MODE=true", "export\tMODE = true", "  MODE = true  ",
        "\tMODE\t=\ttrue\t",
        "MODE='true'", "MODE=\"true\"", "MODE = 'true' # here", "MODE=\"true\"# here", "MODE=true # here",
        "MODE=true\t#",
        "\n\n  # a comment\n#MODE=false\nMODE=true", "# one\rMODE=true\r# two",
    ])
    func itIsReadAsMeant(text: String) {
        let file = read(text)
        #expect(file.faults.isEmpty)
        #expect(file.entries.map(\.name) == ["MODE"])
        #expect(file.entries.map(\.value) == ["true"])
    }

    @Test(arguments: [
        ("A=", ""), ("A=\"\"", ""), ("A=''", ""), ("A= # nothing", ""), ("A=#b", "#b"), ("A=a#b", "a#b"),
        ("A=a=b", "a=b"),
        ("A='a # b'", "a # b"), ("A=\"a # b\"", "a # b"), ("A='a\\nb'", "a\\nb"), ("A=\"a\\nb\"", "a\nb"),
        ("A=\"a\\tb\\r\"", "a\tb\r"), ("A=\"a\\\"b\"", "a\"b"), ("A=\"a\\\\n\"", "a\\n"), ("A=\"\\$x\"", "$x"),
        ("A=\"\\d\"", "\\d"), ("A='${B}'", "${B}"), ("A=$B", "$B"), ("A=a'b'c", "a'b'c"), ("A='a\"b'", "a\"b"),
        ("A=d 1", "d 1"), ("A=\"d 1 \"", "d 1 "), ("A=Ä\u{308}", "Ä\u{308}"), ("A=\u{301}x", "\u{301}x"),
        ("A=sqlite:a/b.db", "sqlite:a/b.db"), ("a.b-c=1", "1"),
    ])
    func valuesAreWhatTheyAreInDotenv(line: String, value: String) {
        let file = read(line)
        #expect(file.faults.isEmpty)
        #expect(file.entries.map(\.value) == [value])
    }

    @Test(arguments: [
        ("A", "not of the form"), ("export A", "not of the form"), ("A: b", "not of the form"),
        ("=b", "not of the form"),
        ("A B=c", "not of the form"), ("A='b", "not closed"), ("A=\"b", "not closed"), ("A=\"b\\\"", "not closed"),
        ("A='b\nc'", "not closed"), ("A='b' c", "behind the closing quote"), ("A=b\\", "backslash"),
        ("A=`b`", "backquotes"),
        ("A=${B}/c", "${…}"), ("A=\"$(id)\"", "$(…)"), ("A=b\u{0}c", "UTF-8"),
        ("B=1\nA=1\nA=2", "2 times, in the lines 2, 3"),
        ("A=1\nexport A=1", "2 times"),
    ])
    func whatCouldBeMeantOtherwiseIsRefused(text: String, reason: String) {
        let faults = read(text).faults
        #expect(faults.contains { $0.contains(reason) }, "\(faults)")
    }

    @Test func bytesThatAreNoTextAreRefused() {
        #expect(DotEnvText([0x41, 0x3D, 0xFF]).faults == ["line 1 is not text in UTF-8."])
        #expect(DotEnvText([0xFF, 0xFE, 0x41, 0x00]).faults.first?.contains("UTF-16") == true)
        #expect(DotEnvText([0xFE, 0xFF, 0x00, 0x41]).faults.first?.contains("UTF-16") == true)
    }

    @Test func aLineHasABound() {
        let longest = "A=" + String(repeating: "b", count: DotEnvText.maxLineBytes - 2)
        #expect(read(longest).entries.count == 1)
        #expect(read(longest + "b").faults == ["line 1 is longer than 32768 bytes."])
    }
}
