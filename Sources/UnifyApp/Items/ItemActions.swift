internal import Tenancy

/// What users do with items of one kind, whether they ask by the interface or by a page. Everything runs in the context of
/// the user.
struct ItemActions<Item: UserItem>: Sendable {
    let data: UserData
    /// Nil where no database is one user's alone.
    let room: DatabaseRoom?
    let storage: StorageGuard
    let time: any TimeSource

    /// - Throws: ``Problem`` `not_found`.
    func find(_ id: Int64) async throws -> Item {
        guard let item = try await data.withItems(Item.self, .read, { try await $0.find(id) }) else {
            throw Problem.notFound
        }
        return item
    }

    /// - Throws: ``Problem`` `invalid_fields`, `database_full`, `storage_full`.
    func create(_ fields: inout FieldReader) async throws -> Item {
        let draft = Item(reading: &fields, changing: nil)
        try fields.finish()
        try await requireRoom()
        let date = time.wallNow
        return try await data.withItems(Item.self, .write) { try await $0.insert(draft, date: date) }
    }

    /// - Parameter keepsAbsentFields: whether what is not given stays as it is, or becomes what it is in a new item.
    /// - Throws: ``Problem`` `not_found`, `invalid_fields`, `database_full`, `storage_full`.
    func change(_ id: Int64, _ given: FieldReader, keepsAbsentFields: Bool) async throws -> Item {
        try await requireRoom()
        let date = time.wallNow
        return try await data.withItemTransaction(Item.self) { items in
            guard let current = try await items.find(id) else { throw Problem.notFound }
            var fields = given
            let draft = Item(reading: &fields, changing: keepsAbsentFields ? current : nil)
            try fields.finish()
            return try await items.update(id, to: draft, date: date)
        }
    }

    /// - Throws: ``Problem`` `not_found`.
    func delete(_ id: Int64) async throws {
        guard try await data.withItems(Item.self, .write, { try await $0.delete(id) }) else { throw Problem.notFound }
    }

    /// Deletes an item and gives back what it was.
    /// - Throws: ``Problem`` `not_found`.
    func take(_ id: Int64) async throws -> Item {
        try await data.withItemTransaction(Item.self) { items in
            guard let item = try await items.find(id), try await items.delete(id) else { throw Problem.notFound }
            return item
        }
    }

    /// Stores an item that was taken, under a new number, with the dates that it had.
    /// - Throws: ``Problem`` `database_full`, `storage_full`.
    func putBack(_ item: Item) async throws -> Item {
        try await requireRoom()
        let now = time.wallNow
        let (createdAt, updatedAt) = (item.dates?.createdAt ?? now, item.dates?.updatedAt ?? now)
        return try await data.withItems(Item.self, .write) {
            try await $0.insert(item, createdAt: createdAt, updatedAt: updatedAt)
        }
    }

    private func requireRoom() async throws {
        try storage.requireForGrowth()
        try await room?.require(for: try DatabaseContext.required().userID)
    }
}
