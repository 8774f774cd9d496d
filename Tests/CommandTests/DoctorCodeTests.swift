import Foundation
import Testing
import UnifyTesting

/// The doctor's table of codes is whole: in the program, in the documentation and in the tests.
@Suite(.timeLimit(.minutes(2))) struct DoctorCodeTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private struct Code: Decodable {
        let code: String
        let untested: String?
        let row: String
    }

    private func codes() async throws -> [Code] {
        let folder = try TemporaryFolder()
        let result = try await UnifyProcess.run("doctor", "--codes", "--json", folder: folder.path)
        #expect(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode([Code].self, from: Data(result.output.utf8))
    }

    private func text(under folder: String) throws -> String {
        let folder = Self.root.appendingPathComponent(folder)
        return try #require(FileManager.default.subpaths(atPath: folder.path)).filter { $0.hasSuffix(".swift") }
            .map { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }.joined()
    }

    @Test func theDocumentationHasTheProgramsTable() async throws {
        let page = try String(contentsOf: Self.root.appendingPathComponent("docs/operations.md"), encoding: .utf8)
        let rows = Set(page.split(separator: "\n").map(String.init))
        for code in try await codes() { #expect(rows.contains(code.row), "docs/operations.md lacks: \(code.row)") }
    }

    @Test func theTableHasWhateverTheDoctorPrints() async throws {
        let known = Set(try await codes().map(\.code))
        let sources = try text(under: "Sources/UnifyCommands/Doctor")
        let printed = sources.matches(of: #/(?:fault|notice)\(\s*"([a-z_]+)"/#).map { String($0.1) }
        #expect(printed.count > 30)
        for code in Set(printed) { #expect(known.contains(code), "FindingCode.all lacks \(code)") }
    }

    /// A remedy is followed by a test, or the table says why not, and not both.
    @Test func everyRemedyIsFollowedByATest() async throws {
        let tests = try text(under: "Tests/CommandTests")
        let followed = Set(
            tests.matches(of: #/(?:follow|mended|remedy)\((?:of: )?\s*"([a-z_]+)"|FAULT  ([a-z_]+)"\)\.count == 2/#).map
            {
                String($0.1 ?? $0.2 ?? "")
            })
        for code in try await codes() {
            #expect(followed.contains(code.code) == (code.untested == nil), "\(code.code)")
        }
    }
}
