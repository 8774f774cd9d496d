internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// The routes of one kind of item.
struct ItemController<Item: UserItem>: Sendable {
    let data: UserData
    /// Nil where no database is one user's alone.
    let room: DatabaseRoom?
    let time: any TimeSource

    private var path: String { "/api/\(Item.collection)" }

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, path, .userData, list),
            Endpoint(.post, path, .userData, create),
            Endpoint(.get, "\(path)/{id}", .userData, show),
            Endpoint(.put, "\(path)/{id}", .userData) { try await change($0, keepsAbsentFields: false) },
            Endpoint(.patch, "\(path)/{id}", .userData) { try await change($0, keepsAbsentFields: true) },
            Endpoint(.delete, "\(path)/{id}", .userData, delete),
        ]
    }

    private func list(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let limit = query.limit()
        let cursor = query.cursor()
        if let cursor, (cursor.instant != nil) != (Item.orderColumn != nil) {
            query.reject("cursor", "is not a cursor that this list gave")
        }
        let filter = Item.filter(&query)
        try query.finish()
        let body = try await data.withItems(Item.self, .read) {
            try await $0.listJSON(filter, after: cursor, limit: limit)
        }
        return .json(encoded: body)
    }

    private func show(_ scope: RequestScope) async throws -> Response {
        let id = try scope.pathID()
        let item = try await data.withItems(Item.self, .read) { try await $0.find(id) }
        guard let item else { throw Problem.notFound }
        return .json { item.write(to: &$0) }
    }

    private func create(_ scope: RequestScope) async throws -> Response {
        var fields = try await scope.fields()
        let draft = Item(reading: &fields, changing: nil)
        try fields.finish()
        try await requireRoom(scope)
        let date = time.wallNow
        let item = try await data.withItems(Item.self, .write) { try await $0.insert(draft, date: date) }
        var response = Response.json(.created) { item.write(to: &$0) }
        response.headers[.location] = "\(path)/\(item.id)"
        return response
    }

    private func change(_ scope: RequestScope, keepsAbsentFields: Bool) async throws -> Response {
        let id = try scope.pathID()
        let given = try await scope.fields()
        try await requireRoom(scope)
        let date = time.wallNow
        let item = try await data.withItemTransaction(Item.self) { items in
            guard let current = try await items.find(id) else { throw Problem.notFound }
            var fields = given
            let draft = Item(reading: &fields, changing: keepsAbsentFields ? current : nil)
            try fields.finish()
            return try await items.update(id, to: draft, date: date)
        }
        return .json { item.write(to: &$0) }
    }

    private func requireRoom(_ scope: RequestScope) async throws {
        try await room?.require(for: try scope.requireSession().user.id)
    }

    private func delete(_ scope: RequestScope) async throws -> Response {
        let id = try scope.pathID()
        guard try await data.withItems(Item.self, .write, { try await $0.delete(id) }) else { throw Problem.notFound }
        return .noContent
    }
}
