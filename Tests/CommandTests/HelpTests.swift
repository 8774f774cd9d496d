import Foundation
import Testing
import UnifyTesting

/// What --help prints fits a terminal of 80 columns, and was not wrapped a second time on the way.
@Suite(.timeLimit(.minutes(2))) struct HelpTests {
    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Sources/UnifyCommands")

    @Test(arguments: [
        ["--help"], ["serve", "--help"], ["doctor", "--help"], ["mode", "set", "--help"], ["key", "rotate", "--help"],
        ["server", "add", "--help"], ["server", "set", "--help"], ["database", "repair", "--help"],
        ["user", "create", "--help"],
    ])
    func itFitsTheTerminal(arguments: [String]) async throws {
        let folder = try TemporaryFolder()
        let help = try await UnifyProcess.run(
            arguments, folder: folder.path, environment: ["COLUMNS": "80"], input: nil)
        #expect(help.status == 0)
        // The summary of the usage is one line, which the parser of arguments does not wrap.
        for line in help.output.split(separator: "\n") where !line.hasPrefix("USAGE: ") {
            #expect(line.count <= 80, "\(line)")
        }
    }

    @Test func theEnginesOfAMainDatabaseAreNamed() async throws {
        let folder = try TemporaryFolder()
        let help = try await UnifyProcess.run("user", "list", "--help", folder: folder.path)
        let words = help.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for engine in ["sqlite:PATH", "postgresql", "mysql", "sqlserver"] { #expect(words.contains(engine)) }
    }

    /// Longer lines are wrapped by the parser of arguments, which leaves their ends on lines of their own.
    @Test func noLineOfADiscussionIsLonger() throws {
        let files = try #require(FileManager.default.subpaths(atPath: Self.sources.path)).filter {
            $0.hasSuffix(".swift")
        }
        for file in files {
            let text = try String(contentsOf: Self.sources.appendingPathComponent(file), encoding: .utf8)
            for block in text.matches(of: #/discussion: """\n((?:.*\n)*?)( *)"""/#) {
                for line in block.1.split(separator: "\n") where !line.contains("\\(") {
                    #expect(line.count - block.2.count <= 80, "\(file): \(line)")
                }
            }
        }
    }
}
