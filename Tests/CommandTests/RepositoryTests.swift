import Foundation
import Testing
import UnifyTesting

/// What is in git, and how the tools of the tests get here.
@Suite(.timeLimit(.minutes(2))) struct RepositoryTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// Sources that were unpacked from an archive are in no git.
    private static let isInGit = FileManager.default.fileExists(atPath: "\(root)/.git")

    private func check(_ folder: String) throws -> (status: Int32, errors: String) {
        let scratch = try TemporaryFolder()
        let errors = "\(scratch.path)/errors"
        let status = try ChildProcess.run([
            "/bin/sh", "-c", "exec \"$0\" \"$1\" 2>\"$2\"", "\(Self.root)/scripts/check-repository.py", folder, errors,
        ])
        return (status, try String(contentsOfFile: errors, encoding: .utf8))
    }

    @Test(.enabled(if: isInGit, "these sources are not a git repository"))
    func onlySourcesAreInGit() throws {
        let found = try check(Self.root)
        #expect(found.status == 0, "\(found.errors)")
    }

    /// The control: a repository in which everything is wrong that can be.
    @Test func whatDoesNotBelongIntoGitIsFound() throws {
        let folder = try TemporaryFolder()
        try Data([0x50, 0x4b, 0, 0]).write(to: URL(fileURLWithPath: "\(folder.path)/tool-1.0-py3-none-any.whl"))
        try FileManager.default.createDirectory(atPath: "\(folder.path)/docs/images", withIntermediateDirectories: true)
        try Data([0xff, 0xfe]).write(to: URL(fileURLWithPath: "\(folder.path)/docs/library.so"))
        try Data(repeating: 0x20, count: 400_001).write(to: URL(fileURLWithPath: "\(folder.path)/docs/large.md"))
        try Data(repeating: 0, count: 200_001).write(to: URL(fileURLWithPath: "\(folder.path)/docs/images/large.png"))
        try Data([0]).write(to: URL(fileURLWithPath: "\(folder.path)/docs/images/small.png"))
        try Data("fine\n".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/README.md"))
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/docs/out", withDestinationPath: "../../outside")
        for arguments in [["init", "--quiet"], ["add", "--all"]] {
            #expect(try ChildProcess.run(["/usr/bin/git", "-C", folder.path] + arguments) == 0)
        }
        let found = try check(folder.path)
        #expect(found.status == 1)
        let lines = found.errors.split(separator: "\n").map(String.init)
        let expected = [
            "docs/images/large.png: 200001 bytes", "docs/large.md: 400001 bytes", "docs/library.so: binary",
            "docs/out: a link that leads out", "tool-1.0-py3-none-any.whl: unexpected at the root",
            "tool-1.0-py3-none-any.whl: binary",
        ]
        #expect(lines.count == expected.count, "\(found.errors)")
        for (line, beginning) in zip(lines, expected) { #expect(line.hasPrefix(beginning), "\(line)") }
    }

    /// The script itself checks it against the schema of its form.
    @Test func theBillOfMaterialsNamesWhatIsHere() throws {
        let folder = try TemporaryFolder()
        let file = "\(folder.path)/sbom.json"
        #expect(try ChildProcess.run(["\(Self.root)/scripts/sbom.sh", file], output: .nothing) == 0)
        struct Bill: Decodable {
            struct Component: Decodable {
                struct Licence: Decodable {}
                let name: String
                let version: String
                let scope: String
                let licenses: [Licence]?
            }
            let components: [Component]
        }
        let bill = try JSONDecoder().decode(Bill.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        let product = bill.components.filter { $0.scope == "required" }
        for name in [
            "hummingbird", "swift-nio", "swift-crypto", "libsqlite3-0", "libsodium23", "libpq5", "libmariadb3",
        ] {
            let found = product.first { $0.name == name }
            #expect(found?.version.isEmpty == false, "\(name)")
            #expect(found?.licenses?.isEmpty == false, "\(name)")
        }
        #expect(bill.components.contains { $0.name == "selenium" && $0.scope == "excluded" })
    }

    /// One script, which makes a list anew by hand and is run by no test, tells in its first lines what it needs.
    ///
    /// pip itself refuses a package without a hash where one of them has one; here no script goes round that.
    @Test func toolsOfPythonAreInstalledByHashAlone() throws {
        let command = """
            grep -rnE 'pip"?,? +"?install' --exclude=RepositoryTests.swift --exclude=common-passwords.py scripts Makefile Benchmarks Tests
            """
        let scratch = try TemporaryFolder()
        let found = "\(scratch.path)/found"
        try ChildProcess.run(["/bin/sh", "-c", "cd \"$0\" && \(command) >\"$1\"", Self.root, found])
        let lines = try String(contentsOfFile: found, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 1, "\(lines)")
        #expect(lines.allSatisfy { $0.hasPrefix("scripts/python-environment.sh:") && $0.contains("--require-hashes") })
    }
}
