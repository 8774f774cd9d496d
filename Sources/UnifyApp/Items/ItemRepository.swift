internal import NIOCore
internal import Tenancy

/// One user's rows of one kind of item. Every statement filters by user, even if the database has no other user's
/// rows.
struct ItemRepository<Item: UserItem>: Sendable {
    private let database: DatabaseHandle
    private let userID: UserID
    /// A condition for the user's rows; its parameter is the user's number.
    private let ownership: String

    /// - Parameter isFiltered: false only in tests that look for the hole.
    init(_ database: DatabaseHandle, userID: UserID, isFiltered: Bool = true) {
        self.database = database
        self.userID = userID
        ownership = isFiltered ? "User_ID = ?" : "User_ID <> 0 - ?"
    }

    private static func item(_ row: Row) throws -> Item {
        var reader = RowReader(row)
        return try Item(&reader)
    }

    func find(_ id: Int64) async throws -> Item? {
        let sql = "\(Item.selection) WHERE \(ownership) AND \(Item.identity) = ?"
        return try await database.fetchOne(sql, [.integer(userID.rawValue), .integer(id)]).map(Self.item)
    }

    /// The bounds of a query for a page. The longest page of one item must be readable.
    private static func bounds(_ filter: ItemFilter, limit: Int) -> StatementBounds {
        StatementBounds(
            timeLimit: ItemLimits.listingTime, maxBytes: limit > 1 ? ItemPage<Item>.maxBytes : nil,
            isLong: filter.looksAtTexts)
    }

    /// - Returns: at most `limit` items, fewer if they are large, and the start of the next page, if there is one.
    func list(
        _ filter: ItemFilter, in order: ItemOrder<Item> = .standard, after cursor: Cursor?, limit: Int
    ) async throws -> ([Item], next: Cursor?) {
        do {
            return try await page(filter, in: order, after: cursor, limit: limit)
        } catch let error as TenancyError where error.code == .deadlineExceeded {
            throw Problem.listingTooSlow
        } catch let error as TenancyError where error.code == .resultTooLarge && limit > 1 {
            return try await list(filter, in: order, after: cursor, limit: limit / 2)
        }
    }

    private func page(
        _ filter: ItemFilter, in order: ItemOrder<Item>, after cursor: Cursor?, limit: Int
    ) async throws -> ([Item], next: Cursor?) {
        let (sql, parameters) = listing(filter, in: order, after: cursor, limit: limit)
        let rows = try await database.fetchAll(sql, parameters, within: Self.bounds(filter, limit: limit))
        let items = try rows.prefix(limit).map(Self.item)
        guard rows.count > limit, let last = items.last else { return (items, nil) }
        return (items, order.cursor(after: last))
    }

    /// The same as the answer to a client, in the standard order.
    func listJSON(_ filter: ItemFilter, at position: ListPosition, limit: Int) async throws -> ByteBuffer {
        do {
            let (sql, parameters) = listing(filter, in: .standard, after: position.cursor, limit: limit)
            let bounds = Self.bounds(filter, limit: limit)
            return try await database.collect(
                sql, parameters, within: bounds, into: { ItemPage<Item>(limit: limit, position: position) }
            ) { page, row in
                try page.take(row)
            }.finish()
        } catch let error as TenancyError where error.code == .deadlineExceeded {
            throw Problem.listingTooSlow
        } catch let error as TenancyError where error.code == .resultTooLarge && limit > 1 {
            return try await listJSON(filter, at: position, limit: limit / 2)
        }
    }

    /// The query for a page.
    private func listing(
        _ filter: ItemFilter, in order: ItemOrder<Item>, after cursor: Cursor?, limit: Int
    ) -> (sql: String, parameters: [SQLValue]) {
        let filtered = filter.conditions(in: database.dialect)
        var conditions = [ownership] + filtered.sql
        var parameters: [SQLValue] = [.integer(userID.rawValue)] + filtered.parameters
        if let cursor {
            let (condition, values) = order.condition(after: cursor)
            conditions.append(condition)
            parameters += values
        }
        let sql = """
            \(Item.selection) WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(order.clause) \
            \(database.dialect.limitClause)
            """
        // One more than requested shows whether there is a next page.
        return (sql, parameters + [.integer(Int64(limit + 1))])
    }

    /// How many items there are.
    func count(_ filter: ItemFilter) async throws -> Int {
        let filtered = filter.conditions(in: database.dialect)
        let conditions = ([ownership] + filtered.sql).joined(separator: " AND ")
        let sql = "SELECT COUNT(*) AS Number FROM \(Item.table) WHERE \(conditions)"
        let row = try await database.fetchOne(sql, [.integer(userID.rawValue)] + filtered.parameters)
        return Int(try row?.integer("Number") ?? 0)
    }

    /// Adds an item, in one statement: a lease that ends meanwhile is never reported of an item that is there.
    /// - Returns: the item as it is stored.
    func insert(_ item: Item, dates: ItemDates) async throws -> Item {
        let columns = ["User_ID"] + Item.columns + ["Created_Date", "Updated_Date"]
        let values =
            [.integer(userID.rawValue)] + item.values + [.timestamp(dates.createdAt), .timestamp(dates.updatedAt)]
        var stored = item
        stored.id = try await database.insert(
            into: Item.table, columns: columns, values: values, identity: Item.identity)
        stored.dates = dates
        return stored
    }

    func update(_ id: Int64, to item: Item, date: Timestamp) async throws -> Item {
        let assignments = (Item.columns + ["Updated_Date"]).map { "\($0) = ?" }.joined(separator: ", ")
        let sql = "UPDATE \(Item.table) SET \(assignments) WHERE \(ownership) AND \(Item.identity) = ?"
        try await database.execute(
            sql, item.values + [.timestamp(date), .integer(userID.rawValue), .integer(id)])
        return try await required(id)
    }

    /// - Returns: false if there was no such item.
    func delete(_ id: Int64) async throws -> Bool {
        let sql = "DELETE FROM \(Item.table) WHERE \(ownership) AND \(Item.identity) = ?"
        return try await database.execute(sql, [.integer(userID.rawValue), .integer(id)]).changes > 0
    }

    private func required(_ id: Int64) async throws -> Item {
        guard let item = try await find(id) else { throw Problem.notFound }
        return item
    }
}
