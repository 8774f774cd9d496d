import SQLiteEngine
import Tenancy

@main struct Example {
    static func main() async throws {
        let folder = "/tmp/unify-demo-\(UInt64.random(in: 0 ... .max))"
        let notes = TableDefinition(
            "Notes",
            columns: [
                ColumnDefinition("Note_ID", .identity), ColumnDefinition("Title", .text(maxLength: 500)).required,
            ])
        let engine = SQLiteEngine()
        let main = try await MainDatabase.open(engine, at: .file("\(folder)/main.db"))
        let keyRing = KeyRing(current: .random())
        try await KeyCheck(main).verify(keyRing)
        let manager = MultiTenantDatabaseManager(
            main: main, engines: EngineRegistry([engine]), schema: Schema([Migration(1, "notes", creating: [notes])]),
            dataDirectory: folder, keyRing: keyRing)
        let ada = try await main.transaction { database in
            try await UserRepository(database).insert(
                username: "ada", email: "ada@example.org", passwordHash: nil, date: SystemTimeSource().wallNow)
        }
        _ = try await manager.initializeUserDatabase(ada.id)
        try await manager.withUserDatabase(ada.id) { database in
            _ = try await database.execute("INSERT INTO Notes (Title) VALUES (?)", ["Hello"])
        }
        let rows = try await manager.fetchAll("SELECT Title FROM Notes", userID: ada.id)
        print(try rows.map { try $0.text("Title") })  // ["Hello"]
        await manager.shutDown()
        await main.close()
    }
}
