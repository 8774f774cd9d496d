import Foundation
import Testing
import UnifyTesting

/// Secrets are neither arguments nor in files that others may read or change.
@Suite(.timeLimit(.minutes(1))) struct SecretPlaceTests {
    private let folder: TemporaryFolder
    private var data: String { "\(folder.path)/data" }

    init() async throws {
        folder = try TemporaryFolder()
        #expect(try await UnifyProcess.run("setup", "create-table", folder: folder.path).status == 0)
    }

    private func doctor(_ arguments: String..., environment: [String: String] = [:]) async throws -> UnifyProcess.Result
    {
        try await UnifyProcess.run(
            ["doctor"] + arguments, folder: folder.path,
            environment: environment.merging(["MULTI_TENANT_MODE": "true"]) { $1 }, input: nil)
    }

    private func write(_ text: String, to name: String, mode: Int) throws {
        let path = "\(folder.path)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test(arguments: ["postgresql://me:topsecret@127.0.0.1:1/main", "mysql://a%40b:topsecret@db/x?tls=prefer"])
    func aPasswordInAnArgumentIsRefused(url: String) async throws {
        let result = try await doctor("--main-database-url", url)
        #expect(result.status == 64)
        #expect(result.errors.contains("UNIFY_MAIN_DATABASE_URL_FILE"))
        #expect(!result.errors.contains("topsecret"))
    }

    @Test func aPlaceWithoutAPasswordIsTaken() async throws {
        #expect(try await doctor("--main-database-url", "sqlite:\(data)/main.db").status == 0)
    }

    @Test func theAddressMayBeInAFile() async throws {
        try write("sqlite:\(data)/main.db\n", to: "url", mode: 0o600)
        let setting = ["UNIFY_MAIN_DATABASE_URL_FILE": "\(folder.path)/url"]
        #expect(try await doctor(environment: setting).status == 0)
        try write("sqlite:\(data)/main.db\n", to: "url", mode: 0o640)
        #expect(try await doctor(environment: setting).output.contains("chmod 600"))
    }

    @Test func aFileThatOthersMayChangeIsRefused() async throws {
        for mode in [0o666, 0o602] {
            try write("UNIFY_LOG_LEVEL=info\n", to: ".env", mode: mode)
            let result = try await doctor()
            #expect(result.status == 1)
            #expect(result.output.contains("can be changed by others"), "\(result.output)")
        }
    }

    /// A user's own group has nobody else in it.
    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func aFileThatAnotherGroupMayChangeIsRefused() async throws {
        try write("UNIFY_LOG_LEVEL=info\n", to: ".env", mode: 0o620)
        #expect(try await doctor().status == 0)
        #expect(chown("\(folder.path)/.env", 0, 65534) == 0)
        let result = try await doctor()
        #expect(result.status == 1)
        #expect(result.output.contains("can be changed by others"), "\(result.output)")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func aFileOfAnothersIsRefused() async throws {
        try write("UNIFY_LOG_LEVEL=info\n", to: ".env", mode: 0o600)
        #expect(chown("\(folder.path)/.env", 65534, 65534) == 0)
        #expect(try await doctor().output.contains("belongs to another user"))
        #expect(chown("\(folder.path)/.env", 0, 0) == 0)
        #expect(chown(folder.path, 65534, 65534) == 0)
        #expect(try await doctor().output.contains("in a folder of another user's"))
    }

    @Test func secretsThatOthersMayReadAreAFault() async throws {
        try write("UNIFY_METRICS_TOKEN=planted-token-4711\n", to: ".env", mode: 0o644)
        let result = try await doctor()
        #expect(result.status == 1)
        #expect(result.output.contains("settings_open_to_others"))
        try write("UNIFY_LOG_LEVEL=info\n", to: ".env", mode: 0o644)
        #expect(try await doctor().status == 0)
    }

    @Test(arguments: ["x", "short-token", "aaaaaaaaaaaaaaaaaaaaaaaa"]) func aWeakTokenIsRefused(token: String)
        async throws
    {
        let result = try await doctor(environment: ["UNIFY_METRICS_TOKEN": token])
        #expect(result.status == 1)
        #expect(result.output.contains("UNIFY_METRICS_TOKEN has a bad value"))
    }

    @Test func anOpenDataDirectoryIsClosedAndOpenFilesAreAFault() async throws {
        #expect(chmod(data, 0o755) == 0)
        #expect(chmod("\(data)/main.db", 0o644) == 0)
        let result = try await doctor()
        #expect(result.output.contains("file_open_to_others"))
        #expect(result.output.contains("chmod go= \(data)/main.db"))
        let mode = try FileManager.default.attributesOfItem(atPath: data)[.posixPermissions] as? Int
        #expect(mode == 0o700)
    }
}
