import Foundation
import Testing
import UnifyTesting

/// `UNIFY_MIGRATIONS_DIR`, as an operator uses it.
@Suite(.timeLimit(.minutes(2))) struct MigrationsFolderTests {
    private let folder: TemporaryFolder
    private var environment: [String: String] { ["UNIFY_MIGRATIONS_DIR": "\(folder.path)/migrations"] }

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/migrations", withIntermediateDirectories: false)
    }

    private func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(folder.path)/migrations/\(name)", atomically: false, encoding: .utf8)
    }

    private func info(_ user: Int) async throws -> String {
        let result = try await UnifyProcess.run(
            ["database", "info", "\(user)"], folder: folder.path,
            environment: environment.merging(["MULTI_TENANT_MODE": "true"]) { $1 }, input: nil)
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }

    @Test func newDatabasesHaveTheFilesAndInfoShowsWhichOneHas() async throws {
        let first = try await UnifyProcess.serve(folder: folder.path)
        let ada = try await first.client.register("ada").id
        _ = await first.process.terminate()
        try write("20260101000000_orders.sql", "-- migrate:up\nCREATE TABLE Orders (Order_ID INTEGER PRIMARY KEY);")
        let second = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        let bob = try await second.client.register("bob").id
        _ = await second.process.terminate()
        #expect(try await info(ada).contains("migrations: application 1\n"))
        #expect(try await info(bob).contains("migrations: application 1, operator 20260101000000\n"))
    }

    @Test(arguments: ["CREATE TABLE", "CREATE TABLE Tasks (Task_ID INTEGER)", "SELECT 'open"])
    func aFileThatCannotRunStopsTheStartByItsName(sql: String) async throws {
        try write("20260101000000_orders.sql", "-- migrate:up\n\(sql);")
        let result = try await UnifyProcess.run(
            ["serve"], folder: folder.path,
            environment: environment.merging(["MULTI_TENANT_MODE": "true", "UNIFY_PORT": "0"]) { $1 }, input: nil)
        #expect(result.status == 1)
        #expect(result.errors.contains("20260101000000"), "\(result.errors)")
    }
}
