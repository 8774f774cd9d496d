internal import Tenancy
import Testing

@Suite("SQLScanner")
struct SQLScannerTests {
    private static let all: SQLScanner.Quoting = [
        .dollars, .escapeStrings, .nestedComments, .backticks, .brackets, .hashComments,
    ]

    @Test(
        arguments: [
            ("SELECT a FROM b", ["SELECT", "A", "FROM", "B"]),
            ("/* x /* y */ z */ commit", ["COMMIT"]),
            ("-- begin\n  End", ["END"]),
            ("# begin\nend", ["END"]),
            ("SELECT 'it''s COMMIT', \"COMMIT\", `COMMIT`, [COMMIT]", ["SELECT"]),
            ("SELECT $tag$ COMMIT $tag$, $$ COMMIT $$ x", ["SELECT", "X"]),
            ("SELECT E'\\' COMMIT' x", ["SELECT", "X"]),
            ("SELECT 'never ends COMMIT", ["SELECT"]),
            ("/* never ends COMMIT", []),
            ("", []),
        ] as [(String, [String])])
    func wordsAreThoseOutsideQuotesAndComments(sql: String, words: [String]) {
        #expect(SQLScanner.words(of: sql, quoting: Self.all) == words)
    }

    @Test(
        arguments: [
            ("SELECT ?, '?', ? FROM t -- ?", "SELECT $1, '?', $2 FROM t -- ?", 2),
            ("SELECT $$?$$, \"?\", ?", "SELECT $$?$$, \"?\", $1", 1), ("SELECT 1", "SELECT 1", 0),
            ("SELECT 'ü' || ?", "SELECT 'ü' || $1", 1),
        ] as [(String, String, Int)])
    func marksAreNumberedWhereTheyStandForParameters(sql: String, expected: String, count: Int) {
        let numbered = SQLScanner.replacingMarks(in: sql, quoting: [.dollars, .escapeStrings, .nestedComments]) {
            "$\($0 + 1)"
        }
        #expect(numbered.sql == expected)
        #expect(numbered.count == count)
    }

    @Test func firstWordIsFoundBehindSemicolonsAndComments() {
        #expect(SQLScanner.firstWord(of: "; -- x\n ;commit", quoting: []) == "COMMIT")
        #expect(SQLScanner.firstWord(of: " ; ", quoting: []) == nil)
        #expect(SQLScanner.firstWord(of: "-- x\rcommit", quoting: []) == "COMMIT")
        #expect(SQLScanner.words(of: "a\u{A0}b", quoting: []) == ["A\u{A0}B"])
        #expect(SQLScanner.words(of: "a\u{A0}b", quoting: [.asciiWords]) == ["A", "B"])
    }

    /// What an engine does not take for a quote is text to it.
    @Test func quotingIsTheEnginesOwn() {
        #expect(SQLScanner.words(of: "[COMMIT]", quoting: []) == ["COMMIT"])
        #expect(SQLScanner.words(of: "/*!COMMIT*/", quoting: [.executableComments]) == ["COMMIT"])
        #expect(SQLScanner.words(of: "/* a /* b */ COMMIT */", quoting: []) == ["COMMIT"])
        #expect(SQLScanner.words(of: "[a]]COMMIT] x", quoting: [.brackets]) == ["X"])
    }
}
