internal import Hummingbird
internal import Logging
internal import Tenancy

/// Restores recently deleted items.
struct UndoPages: Sendable {
    let renderer: PageRenderer
    let deleted: DeletedItems
    let tasks: ItemActions<TaskItem>
    let notes: ItemActions<NoteItem>
    let events: ItemActions<EventItem>

    var endpoints: [Endpoint] { [.page(.post, "/undo", .user, undo)] }

    private func undo(_ scope: RequestScope) async throws -> Response {
        let form = try scope.form()
        let userID = try scope.requireSession().user.id
        let back = LocalPath.checked(form["back"], else: PagePlace.tasks.path)
        guard let item = deleted.take(form["key"], of: userID) else { return .seeOther(back, notice: .notRestored) }
        do {
            let path = try await putBack(item)
            return .seeOther(path ?? back, notice: .restored)
        } catch {
            // It was not stored: it stays here for another try.
            let key = deleted.keep(item, of: userID)
            scope.context.logger.warning("a deleted item could not be put back", metadata: ["error": "\(error)"])
            return renderer.seeOther(back, notice: .notStored, undo: .item(key))
        }
    }

    /// - Returns: the item's own page, if it has one.
    private func putBack(_ item: DeletedItems.Item) async throws -> String? {
        switch item {
        case .task(let task):
            _ = try await tasks.putBack(task)
            return nil
        case .event(let event):
            _ = try await events.putBack(event)
            return nil
        case .note(let note): return "\(PagePlace.notes.path)/\(try await notes.putBack(note).id)"
        }
    }
}
