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
        #expect(self.words(of: sql, quoting: Self.all) == words)
    }

    @Test(
        arguments: [
            ("SELECT ?, '?', ? FROM t -- ?", "SELECT  $1 , '?',  $2  FROM t -- ?", 2),
            ("SELECT $$?$$, \"?\", ?", "SELECT $$?$$, \"?\",  $1 ", 1), ("SELECT 1", "SELECT 1", 0),
            ("SELECT 'ü' || ?", "SELECT 'ü' ||  $1 ", 1), ("SELECT $?", "SELECT $ $1 ", 1),
            ("SELECT a?b", "SELECT a $1 b", 1),
        ] as [(String, String, Int)])
    func marksAreNumberedWhereTheyStandForParameters(sql: String, expected: String, count: Int) {
        let numbered = SQLScanner.replacingMarks(in: sql, quoting: [.dollars, .escapeStrings, .nestedComments]) {
            "$\($0 + 1)"
        }
        #expect(numbered.sql == expected)
        #expect(numbered.count == count)
    }

    @Test func wordsEndAsTheServerEndsThem() {
        #expect(words(of: "-- x\rcommit", quoting: [.returnEndsComment]) == ["COMMIT"])
        #expect(words(of: "-- x\rcommit", quoting: []) == [])
        #expect(words(of: "a\u{A0}b", quoting: []) == ["A\u{A0}B"])
        #expect(words(of: "a\u{A0}b", quoting: [.asciiWords]) == ["A", "B"])
        #expect(words(of: "5--1 b", quoting: [.spacedDashes]) == ["B"])
        #expect(words(of: "5-- b", quoting: [.spacedDashes]) == [])
    }

    /// PostgreSQL goes on with an escaping string behind the end of a line.
    @Test func continuedStringsGoOnEscaping() {
        let quoting: SQLScanner.Quoting = [.escapeStrings, .returnEndsComment]
        #expect(words(of: "SELECT E'a' -- it's\n '\\' DELETE ' b", quoting: quoting) == ["SELECT", "B"])
        #expect(words(of: "SELECT E'a' '\\' DELETE ' b", quoting: quoting) == ["SELECT", "DELETE"])
        #expect(words(of: "SELECT 'a'\n'\\' x", quoting: quoting) == ["SELECT", "X"])
        #expect(words(of: "$1$ x $1$", quoting: [.dollars]) == ["X"])
    }

    @Test func namesAreReadWithoutTheirQuotes() {
        let tokens = SQLScanner.tokens(of: "`a``b`[c]]d]\"e\"\"f\"", quoting: [.backticks, .brackets])
        #expect(tokens == [.name("a`b"), .name("c]d"), .name("e\"f")])
        #expect(SQLScanner.tokens(of: "\"a", quoting: []) == [.unterminated])
        #expect(SQLScanner.tokens(of: "\"a\"", quoting: [.doubleQuotedText]) == [.text])
    }

    private func words(of sql: String, quoting: SQLScanner.Quoting) -> [String] {
        StatementTokens(sql, quoting: quoting).words.map(\.word)
    }

    /// What an engine does not take for a quote is text to it.
    @Test func quotingIsTheEnginesOwn() {
        #expect(words(of: "[COMMIT]", quoting: []) == ["COMMIT"])
        #expect(words(of: "/*!COMMIT*/", quoting: [.executableComments]) == ["COMMIT"])
        #expect(words(of: "/*M COMMIT*/", quoting: [.executableComments]) == [])
        #expect(words(of: "/* a /* b */ COMMIT */", quoting: []) == ["COMMIT"])
        #expect(words(of: "[a]]COMMIT] x", quoting: [.brackets]) == ["X"])
    }
}
