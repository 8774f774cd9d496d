internal import Hummingbird
internal import Tenancy

/// The route by which users take everything of theirs along.
struct ExportController: Sendable {
    /// The largest database whose file goes into an export.
    static let maxFileBytes: Int64 = 256 * 1024 * 1024

    /// Exports at the same time: each holds its whole archive in memory.
    static let maxAtOnce = 4

    let data: UserData
    let time: any TimeSource
    private let gate = AdmissionGate(
        limit: maxAtOnce, refusal: .unavailable("overloaded", "Too many exports at once. Try again."))

    init(data: UserData, time: any TimeSource) {
        self.data = data
        self.time = time
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/api/me/export", .userData, cost: .long) { scope in
                try await gate.admit { try await export(scope) }
            }
        ]
    }

    private func export(_ scope: RequestScope) async throws -> Response {
        let user = try scope.requireSession().user
        let tasks = try await all(TaskItem.self)
        let notes = try await all(NoteItem.self)
        let events = try await all(EventItem.self)
        let json = JSONWriter.object { json in
            json.member("exported_at", time.wallNow)
            json.name("user")
            json.user(user)
            json.items("tasks", tasks)
            json.items("notes", notes)
            json.items("events", events)
        }
        var archive = ZipArchive()
        archive.add("unify-export.json", json.readableBytesView)
        if case .perUser(let manager) = data,
            let file = try await manager.snapshotUserDatabase(user.id, maxBytes: Self.maxFileBytes)
        {
            archive.add("user_\(user.id).db", file)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/zip",
                .contentDisposition: "attachment; filename=\"unify-export-\(user.id).zip\"",
            ], body: ResponseBody(byteBuffer: archive.finish()))
    }

    /// Every item, read in pages, so that other requests of the user come in between.
    private func all<Item: UserItem>(_: Item.Type) async throws -> [Item] {
        var items: [Item] = []
        var cursor: Cursor?
        repeat {
            let after = cursor
            let (page, next) = try await data.withItems(Item.self, .read) {
                try await $0.list(ItemFilter(), after: after, limit: 1000)
            }
            items += page
            cursor = next
        } while cursor != nil
        return items
    }
}

extension JSONWriter {
    fileprivate mutating func items(_ name: StaticString, _ items: [some UserItem]) {
        self.name(name)
        array(items) { json, item in json.object { item.write(to: &$0) } }
    }
}
