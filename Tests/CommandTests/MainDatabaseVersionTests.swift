import Foundation
import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing
import UnifyApp
import UnifyTesting

/// Commands beside a server of another version: only `serve` and `setup` migrate the main database.
@Suite(.timeLimit(.minutes(3))) struct MainDatabaseVersionTests {
    private let folder: TemporaryFolder
    private var location: DatabaseLocation { .file("\(folder.path)/data/main.db") }

    init() throws { folder = try TemporaryFolder() }

    private func run(_ arguments: String...) async throws -> UnifyProcess.Result {
        try await UnifyProcess.run(
            arguments, folder: folder.path, environment: ["MULTI_TENANT_MODE": "true"], input: "a long password\n")
    }

    private static let library = AppSchema.mainDatabase[.library]
    private static let application = AppSchema.mainDatabase[.application]
    private static let ofTheFuture = Schema(
        library: library, application: application + [Migration(application.count + 1, "of the future") { _ in [] }])

    private func state() async throws -> SchemaState {
        let engine = SQLiteEngine()
        return try await engine.withConnection(to: location, as: .main) {
            try await SchemaMigrations.state(on: $0, dialect: engine.dialect, schema: Self.ofTheFuture)
        }
    }

    @Test func anOlderOneIsMigratedBySetupAlone() async throws {
        let schema = Schema(library: Self.library.dropLast(), application: Self.application.dropLast())
        let older = try await MainDatabase.open(SQLiteEngine(), at: location, schema: schema, .create)
        await older.close()
        for command in [["user", "list"], ["doctor"], ["database", "list"], ["key", "status"]] {
            let result = try await UnifyProcess.run(
                command, folder: folder.path, environment: ["MULTI_TENANT_MODE": "true"], input: nil)
            #expect(result.status == 1, "\(command)")
            #expect((result.output + result.errors).contains("unify setup create-table"), "\(command)")
            #expect(try await state() == schema.state, "\(command) migrates nothing")
        }
        #expect(try await run("setup", "create-table").status == 0)
        #expect(try await state() == AppSchema.mainDatabase.state)
        #expect(try await run("user", "list").status == 0)
    }

    @Test func aNewerOneIsLeftAlone() async throws {
        #expect(try await run("setup", "create-table").status == 0)
        let newer = try await MainDatabase.open(SQLiteEngine(), at: location, schema: Self.ofTheFuture, .migrate)
        await newer.close()
        for command in [["user", "list"], ["doctor"], ["setup", "create-table"], ["serve"]] {
            let result = try await UnifyProcess.run(
                command, folder: folder.path, environment: ["MULTI_TENANT_MODE": "true", "UNIFY_PORT": "0"], input: nil)
            #expect(result.status == 1, "\(command)")
            #expect(
                (result.output + result.errors).contains("application version \(Self.application.count + 1)"),
                "\(command)")
            #expect(try await state() == Self.ofTheFuture.state)
        }
    }

    @Test func twoServersThatStartAtOnceBothServe() async throws {
        async let first = UnifyProcess.serve(folder: folder.path)
        async let second = UnifyProcess.serve(folder: folder.path)
        let (one, other) = try await (first, second)
        defer {
            one.process.killHard()
            other.process.killHard()
        }
        let (ada, _) = try await one.client.register("ada")
        #expect(try await other.client.with(token: ada.token).get("/api/me").status == 200)
    }
}
