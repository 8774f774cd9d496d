import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// Processes of a new version that start together over one main database.
@Suite(.timeLimit(.minutes(5))) struct MigrationRaceTests {
    @Test(arguments: TestPlace.all) func ofSeveralWhoMigrateAtOnceAllSucceed(place: TestPlace) async throws {
        try await place.whileOthersWait {
            let directory = try TemporaryDirectory()
            var location = place.server?.location ?? .file(directory.file("main.db"))
            if location.path == nil { location.name = "user_main_\(UInt32.random(in: 0 ... .max))" }
            let place = location
            let first = try await Self.open(at: place, versions: 1)
            await first.close()
            let opened = try await withThrowingTaskGroup(of: MainDatabase.self) { group in
                for _ in 0..<4 { group.addTask { try await Self.open(at: place, versions: MainSchema.all.count) } }
                return try await group.reduce(into: [MainDatabase]()) { $0.append($1) }
            }
            for main in opened { await main.close() }
            let again = try await Self.open(at: place, versions: MainSchema.all.count, .require)
            let versions = try await again.withDatabase(.read) {
                try await $0.fetchAll(
                    "SELECT Version FROM Schema_Migrations WHERE Component = 'library' ORDER BY Version"
                )
                .map { try $0.integer("Version") }
            }
            #expect(versions == (1...MainSchema.all.count).map(Int64.init))
            await again.close()
            try await again.engine.dropDatabase(at: place)
        }
    }

    private static func open(
        at location: DatabaseLocation, versions: Int, _ opening: MainDatabase.Opening = .create
    ) async throws -> MainDatabase {
        let engine = try #require(TestPlace.all.first { $0.kind == location.engine }).engine
        return try await MainDatabase.open(
            engine, at: location, schema: Schema(library: Array(MainSchema.all.prefix(versions))), opening)
    }
}
