internal import Hummingbird
internal import Tenancy

/// The page of notes: the list, and one note in an editor beside it.
struct NotePages: Sendable {
    static let pageSize = 30
    /// A byte in the interface may take three in a form.
    static let maxFormBytes = 3 * Endpoint.usualMaxBodyBytes

    let renderer: PageRenderer
    let actions: ItemActions<NoteItem>
    let deleted: DeletedItems

    var endpoints: [Endpoint] {
        [
            .page(.get, "/notes", .user) { try await page($0, .none) },
            .page(.get, "/notes/new", .user) { try await page($0, .new) },
            .page(.get, "/notes/{id}", .user) { try await page($0, .note(actions.find(try $0.pathID()))) },
            .page(.post, "/notes", .user, add).taking(maxBodyBytes: Self.maxFormBytes),
            .page(.post, "/notes/{id}", .user, save).taking(maxBodyBytes: Self.maxFormBytes),
            .page(.post, "/notes/{id}/delete", .user, delete),
        ]
    }

    private static let path = PagePlace.notes.path

    /// What the editor shows.
    enum Editor {
        case none
        case new
        case note(NoteItem)
    }

    private func page(
        _ scope: RequestScope, _ editor: Editor, form: FormFields = FormFields(), errors: FormErrors = .none
    ) async throws -> Response {
        var query = scope.query
        let text = query.text("q", maxLength: ItemLimits.search)
        let place = ListPlace(
            &query, path: LocalPath.query(Self.path, ["q": text]), where: ItemOrder<NoteItem>.newestFirst.fits)
        try query.finish()
        var filter = ItemFilter()
        filter.requireText(text, in: "Title", "Body")
        let chosen = filter
        let cursor = place.cursor
        let (notes, next) = try await actions.data.withItems(NoteItem.self, .read) {
            try await $0.list(chosen, in: .newestFirst, after: cursor, limit: Self.pageSize)
        }
        let view = NotesView(
            notes: notes, next: next, text: text, place: place, editor: editor,
            time: renderer.time(of: scope), form: form, errors: errors)
        return renderer.page(.notes, view, title: view.title, at: .notes, for: scope, status: errors.status)
    }

    private func add(_ scope: RequestScope) async throws -> Response {
        let form = try scope.form()
        do {
            var fields = try form.reader(texts: ["title", "body"])
            let note = try await actions.create(&fields)
            return .seeOther("\(Self.path)/\(note.id)", notice: .saved)
        } catch {
            return try await page(scope, .new, form: form, errors: try FormErrors(error))
        }
    }

    private func save(_ scope: RequestScope) async throws -> Response {
        let id = try scope.pathID()
        let form = try scope.form()
        do {
            let fields = try form.reader(texts: ["title", "body"])
            let note = try await actions.change(id, fields, keepsAbsentFields: true)
            return .seeOther("\(Self.path)/\(note.id)", notice: .saved)
        } catch {
            let errors = try FormErrors(error)
            return try await page(scope, .note(actions.find(id)), form: form, errors: errors)
        }
    }

    private func delete(_ scope: RequestScope) async throws -> Response {
        let note = try await actions.take(try scope.pathID())
        let key = deleted.keep(.note(note), of: try scope.requireSession().user.id)
        return renderer.seeOther(Self.path, notice: .deleted, undo: .item(key))
    }
}
