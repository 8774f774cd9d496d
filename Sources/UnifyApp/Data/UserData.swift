internal import Tenancy

/// The data of the current context's owner: in their own database or, in single-database mode, in the main one.
/// Decided once, at start.
enum UserData: Sendable {
    case perUser(MultiTenantDatabaseManager)
    /// - Parameter isFiltered: false only in tests that look for the hole.
    case shared(MainDatabase, isFiltered: Bool = true)

    var isMultiTenant: Bool {
        if case .perUser = self { true } else { false }
    }

    private var isFiltered: Bool {
        if case .shared(_, let isFiltered) = self { isFiltered } else { true }
    }

    /// Lends the database that holds the rows of the context's owner.
    /// - Throws: ``TenancyError`` `noUserContext` outside a context, and `readOnlyContext` for writing in one with rights to
    ///   read, in both modes.
    func withDatabase<Result>(
        _ access: Access, _ body: (DatabaseHandle, UserID) async throws -> Result
    ) async throws -> Result {
        let context = try DatabaseContext.required()
        switch self {
        case .perUser(let manager):
            return try await manager.withUserDatabase(access) { try await body($0, context.owner) }
        case .shared(let main, _):
            try context.require(access)
            return try await main.withDatabase(access) { try await body($0, context.owner) }
        }
    }

    func withItems<Item, Result>(
        _: Item.Type, _ access: Access, _ body: (ItemRepository<Item>) async throws -> Result
    ) async throws -> Result {
        try await withDatabase(access) { try await body(ItemRepository($0, userID: $1, isFiltered: isFiltered)) }
    }

    func withItemTransaction<Item, Result>(
        _: Item.Type, _ body: (ItemRepository<Item>) async throws -> Result
    ) async throws -> Result {
        try await withDatabase(.write) { database, userID in
            try await database.transaction {
                try await body(ItemRepository($0, userID: userID, isFiltered: isFiltered))
            }
        }
    }
}
