import Foundation
import Testing
import UnifyTesting

/// `unify key` as an operator uses it.
@Suite(.timeLimit(.minutes(2))) struct RootKeyCommandTests {
    private let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        #expect(try await UnifyProcess.run("setup", "create-table", folder: folder.path).status == 0)
    }

    private func unify(_ arguments: String...) async throws -> UnifyProcess.Result {
        try await UnifyProcess.run(
            arguments, folder: folder.path, environment: ["MULTI_TENANT_MODE": "true"], input: nil)
    }

    private func keys() throws -> [String] {
        try String(contentsOfFile: "\(folder.path)/data/master.key", encoding: .utf8).split(separator: "\n")
            .map(String.init)
    }

    /// Without it nothing that is sealed would open any more.
    @Test func droppingOldKeysKeepsTheCurrentOne() async throws {
        let first = try keys()
        let rotated = try await unify("key", "rotate")
        #expect(rotated.status == 0, "\(rotated.errors)")
        let both = try keys()
        #expect(both.count == 2 && both.last == first.first, "the old one stays behind the new one")
        let unasked = try await unify("key", "rotate", "--drop-old")
        #expect(unasked.status == 64 && unasked.errors.contains("--yes"), "\(unasked.errors)")
        #expect(try keys() == both)
        let dropped = try await unify("key", "rotate", "--drop-old", "--yes")
        #expect(dropped.status == 0 && dropped.output.contains("Removed 2 old keys"), "\(dropped.output)")
        let last = try keys()
        #expect(last.count == 1 && !both.contains(last[0]))
        let status = try await unify("key", "status")
        #expect(status.status == 0, "\(status.output)\(status.errors)")
        #expect(try await unify("doctor").output.contains("All is well."))
        let audit = try await unify("audit", "list", "--action", "key.").output
        #expect(audit.components(separatedBy: "key.rotate").count == 3, "\(audit)")
        #expect(audit.components(separatedBy: "key.drop").count == 2, "\(audit)")
    }
}
