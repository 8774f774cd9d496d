internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// The page of tasks, and its forms.
struct TaskPages: Sendable {
    static let pageSize = 50

    let renderer: PageRenderer
    let actions: ItemActions<TaskItem>
    let deleted: DeletedItems

    var endpoints: [Endpoint] {
        [
            .page(.get, "/tasks", .user, show), .page(.post, "/tasks", .user, add),
            .page(.post, "/tasks/{id}", .user, save), .page(.post, "/tasks/{id}/done", .user, check),
            .page(.post, "/tasks/{id}/delete", .user, delete),
        ]
    }

    private static let path = PagePlace.tasks.path

    // MARK: The list

    private func show(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let list = TaskList(&query)
        try query.finish()
        return try await page(list, scope)
    }

    /// - Parameter form: the refused input, for a new task or the list's open one.
    private func page(
        _ list: TaskList, _ scope: RequestScope, form: FormFields = FormFields(), errors: FormErrors = .none
    ) async throws -> Response {
        let time = renderer.time(of: scope)
        let shown = try await actions.data.withItems(TaskItem.self, .read) { items in
            let (tasks, next) = try await items.list(
                list.filter, in: list.order, after: list.cursor, limit: Self.pageSize)
            let open = try await items.count(TaskList.open)
            let overdue = try await items.count(TaskList.overdue(time))
            let total = list.isOneOfMany(next) ? try await items.count(list.filter) : nil
            return TasksView.Found(tasks: tasks, next: next, open: open, overdue: overdue, total: total)
        }
        let view = TasksView(list: list, found: shown, time: time, form: form, errors: errors)
        return renderer.page(
            .tasks, view, title: "Tasks", at: .tasks, for: scope, status: errors.status)
    }

    /// The list from which a form was sent, so that the browser returns to it.
    private func origin(of form: FormFields, _ scope: RequestScope) -> (list: TaskList, path: String) {
        let path = LocalPath.checked(form["back"], else: Self.path)
        var query = QueryReader(
            path.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init), reader: scope.session?.user.id)
        let list = TaskList(&query)
        return (list, list.path)
    }

    // MARK: Forms

    private func add(_ scope: RequestScope) async throws -> Response {
        let form = try scope.form()
        let (list, path) = origin(of: form, scope)
        do {
            var fields = try form.reader(texts: ["title"], optional: ["due_date"], integers: ["priority"])
            _ = try await actions.create(&fields)
            return .seeOther(list.showsOpen ? path : Self.path, notice: .added)
        } catch {
            return try await page(list, scope, form: form, errors: try FormErrors(error))
        }
    }

    private func save(_ scope: RequestScope) async throws -> Response {
        let id = try scope.pathID()
        let form = try scope.form()
        let (list, path) = origin(of: form, scope)
        do {
            let due = try await actions.find(id).dueDate
            // The form was filled in in the zone in which it was shown, wherever the reader is now.
            let time = renderer.time(of: scope).shown(zone: form.has("zone") ? form["zone"] : nil)
            var fields = try form.reader(texts: ["title"], optional: ["description"], integers: ["priority"])
            // The form does not show seconds: an unchanged date keeps them.
            if form.has("due_date"), !Self.isUnchanged(form["due_date"], due.map(TaskDue.init), time) {
                let text = TaskDue.rfc3339(field: form["due_date"], time)
                fields.set("due_date", text.isEmpty ? .null : .string(text))
            }
            _ = try await actions.change(id, fields, keepsAbsentFields: true)
            return .seeOther(path, notice: .saved)
        } catch {
            let errors = try FormErrors(error)
            return try await page(list.editing(id), scope, form: form, errors: errors)
        }
    }

    private static func isUnchanged(_ text: String, _ due: TaskDue?, _ time: PageTime) -> Bool {
        guard let due else { return text.isEmpty }
        return [due.field(time), due.day(time).iso].contains(text)
    }

    private func check(_ scope: RequestScope) async throws -> Response {
        let id = try scope.pathID()
        let form = try scope.form()
        let isDone = form["done"] == "true"
        let fields = FieldReader(members: ["is_done": .boolean(isDone)])
        _ = try await actions.change(id, fields, keepsAbsentFields: true)
        // The script has changed the row already, and wants no page.
        if form["quiet"] == "true" { return .noContent }
        let path = origin(of: form, scope).path
        return isDone
            ? renderer.seeOther(path, notice: .checked, undo: .check(id)) : .seeOther(path, notice: .reopened)
    }

    private func delete(_ scope: RequestScope) async throws -> Response {
        let id = try scope.pathID()
        let path = origin(of: try scope.form(), scope).path
        let task = try await actions.take(id)
        let key = deleted.keep(.task(task), of: try scope.requireSession().user.id)
        return renderer.seeOther(path, notice: .deleted, undo: .item(key))
    }
}
