import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing

@testable import UnifyApp

/// Items that are too large for one result come in shorter pages.
@Suite(.timeLimit(.minutes(1))) struct LargePageTests {
    @Test func aPageIsAsShortAsItsItemsAreLarge() async throws {
        let directory = try TemporaryDirectory()
        let main = try await MainDatabase.open(
            SQLiteEngine(), at: .file(directory.file("main.db")), schema: AppSchema.mainDatabase,
            limits: StatementLimits(maxBytes: 10_000))
        let date = Timestamp(milliseconds: 0)
        let user = try await main.transaction { database in
            try await UserRepository(database).insert(
                username: "ada", email: "ada@example.org", passwordHash: nil, date: date)
        }
        let titles = (1...20).map { "note \($0)" }
        try await main.transaction { database in
            let notes = ItemRepository<NoteItem>(database, userID: user.id)
            for title in titles {
                var fields = FieldReader(members: [
                    "title": .string(title), "body": .string(String(repeating: "x", count: 2000)),
                ])
                _ = try await notes.insert(
                    NoteItem(reading: &fields, changing: nil), dates: ItemDates(createdAt: date, updatedAt: date))
            }
        }
        var found: [String] = []
        var cursor: Cursor?
        repeat {
            let after = cursor
            let (page, next) = try await main.withDatabase(.read) { database in
                try await ItemRepository<NoteItem>(database, userID: user.id)
                    .list(ItemFilter(), after: after, limit: 200)
            }
            #expect((1...4).contains(page.count))
            found += page.map(\.title)
            cursor = next
        } while cursor != nil
        #expect(found == titles)
        await main.close()
    }
}
