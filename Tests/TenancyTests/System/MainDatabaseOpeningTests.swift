import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing

/// What opening a main database may change, and what it leaves alone.
@Suite(.timeLimit(.minutes(1))) struct MainDatabaseOpeningTests {
    private let directory: TemporaryDirectory
    private let location: DatabaseLocation

    init() throws {
        directory = try TemporaryDirectory()
        location = .file(directory.file("main.db"))
    }

    private func open(_ versions: Int, _ opening: MainDatabase.Opening) async throws -> MainDatabase {
        try await MainDatabase.open(
            SQLiteEngine(), at: location, schema: Self.schema(versions), opening)
    }

    private func code(_ versions: Int, _ opening: MainDatabase.Opening) async -> TenancyError.Code? {
        do {
            await (try await open(versions, opening)).close()
            return nil
        } catch {
            return (error as? TenancyError)?.code
        }
    }

    private static func schema(_ versions: Int) -> Schema { Schema(library: Array(MainSchema.all.prefix(versions))) }

    private func version() async throws -> Int {
        let engine = SQLiteEngine()
        return try await engine.withConnection(to: location, as: .main) {
            try await SchemaMigrations.state(on: $0, dialect: engine.dialect, schema: Self.schema(.max))[.library]
        }
    }

    @Test func onlyCreatingMakesOne() async throws {
        #expect(await code(6, .require) == .databaseMissing)
        #expect(await code(6, .migrate) == .databaseMissing)
        #expect(directory.contents() == [])
        #expect(await code(6, .create) == nil)
        #expect(try await version() == 6)
    }

    @Test func requiringChangesNothing() async throws {
        #expect(await code(4, .create) == nil)
        #expect(await code(6, .require) == .schemaTooOld)
        #expect(try await version() == 4, "it is left to whoever may migrate it")
        #expect(await code(4, .require) == nil)
        #expect(await code(6, .migrate) == nil)
        #expect(try await version() == 6)
        for opening in [MainDatabase.Opening.require, .migrate, .create] {
            #expect(await code(4, opening) == .schemaTooNew)
        }
        #expect(try await version() == 6)
    }

    /// As of several processes: each has an engine of its own.
    @Test func ofSeveralWhoMigrateAtOnceAllSucceed() async throws {
        #expect(await code(1, .create) == nil)
        let codes = await withTaskGroup(of: TenancyError.Code?.self) { group in
            for _ in 0..<8 { group.addTask { await code(6, .create) } }
            return await group.reduce(into: [TenancyError.Code?]()) { $0.append($1) }
        }
        #expect(codes == Array(repeating: nil, count: 8))
        #expect(try await version() == 6)
    }
}
