internal import Tenancy

/// What users do with items of one kind, for both the interface and the pages. Everything runs in the user's context.
struct ItemActions<Item: UserItem>: Sendable {
    let data: UserData
    /// Nil if no database belongs to one user.
    let quota: StorageQuota?
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
        let now = time.wallNow
        return try await data.withItems(Item.self, .write) {
            try await $0.insert(draft, dates: ItemDates(createdAt: now, updatedAt: now))
        }
    }

    /// - Parameter keepsAbsentFields: whether absent fields keep their values, or get those of a new item.
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

    /// Deletes an item and returns it.
    /// - Throws: ``Problem`` `not_found`.
    func take(_ id: Int64) async throws -> Item {
        try await data.withItemTransaction(Item.self) { items in
            guard let item = try await items.find(id), try await items.delete(id) else { throw Problem.notFound }
            return item
        }
    }

    /// Stores a deleted item again, under a new number, with its original dates.
    /// - Throws: ``Problem`` `database_full`, `storage_full`.
    func putBack(_ item: Item) async throws -> Item {
        try await requireRoom()
        let now = time.wallNow
        let dates = item.dates ?? ItemDates(createdAt: now, updatedAt: now)
        return try await data.withItems(Item.self, .write) { try await $0.insert(item, dates: dates) }
    }

    private func requireRoom() async throws {
        try storage.requireForGrowth()
        try await quota?.require(for: try DatabaseContext.required().owner)
    }
}
