internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// The routes of one kind of item.
struct ItemController<Item: UserItem>: Sendable {
    let actions: ItemActions<Item>

    private var data: UserData { actions.data }
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
        let filter = Item.filter(&query)
        let position = query.position(in: path, order: ItemOrder<Item>.standard)
        try query.finish()
        let body = try await data.withItems(Item.self, .read) {
            try await $0.listJSON(filter, at: position, limit: limit)
        }
        return .json(encoded: body)
    }

    private func show(_ scope: RequestScope) async throws -> Response {
        let item = try await actions.find(try scope.pathID())
        return .json { item.write(to: &$0) }
    }

    private func create(_ scope: RequestScope) async throws -> Response {
        var fields = try await scope.fields(Item.members)
        let item = try await actions.create(&fields)
        var response = Response.json(.created) { item.write(to: &$0) }
        response.headers[.location] = "\(path)/\(item.id)"
        return response
    }

    private func change(_ scope: RequestScope, keepsAbsentFields: Bool) async throws -> Response {
        let id = try scope.pathID()
        let fields = try await scope.fields(Item.members)
        let item = try await actions.change(id, fields, keepsAbsentFields: keepsAbsentFields)
        return .json { item.write(to: &$0) }
    }

    private func delete(_ scope: RequestScope) async throws -> Response {
        try await actions.delete(try scope.pathID())
        return .noContent
    }
}
