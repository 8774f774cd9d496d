internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// The page of tasks, and what its forms do.
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

    /// - Parameters:
    ///   - form: what was sent and refused, for a new task or the one that the list has open.
    private func page(
        _ list: TaskList, _ scope: RequestScope, form: FormFields = FormFields(), errors: FormErrors = .none
    ) async throws -> Response {
        let time = renderer.time(of: scope)
        let (tasks, next, open, overdue) = try await actions.data.withItems(TaskItem.self, .read) { items in
            let (tasks, next) = try await items.list(
                list.filter, in: list.order, after: list.cursor, limit: Self.pageSize)
            let open = try await items.count(TaskList.open)
            return (tasks, next, open, try await items.count(TaskList.overdue(before: time.today.midnight)))
        }
        let view = TasksView(
            list: list, tasks: tasks, next: next, open: open, overdue: overdue, time: time, form: form, errors: errors)
        return renderer.page(
            .tasks, view, title: "Tasks", at: .tasks, for: scope, status: errors.status)
    }

    /// The list that a form was sent from, so that the browser comes back to it.
    private func origin(of form: FormFields) -> (list: TaskList, path: String) {
        let path = LocalPath.checked(form["back"], else: Self.path)
        var query = QueryReader(path.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init))
        let list = TaskList(&query)
        return (list, list.path)
    }

    // MARK: Forms

    private func add(_ scope: RequestScope) async throws -> Response {
        let form = try await scope.form()
        let (list, path) = origin(of: form)
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
        let form = try await scope.form()
        let (list, path) = origin(of: form)
        do {
            let current = try await actions.find(id)
            var optional = ["description"]
            // A due date may have a time of day, by the interface: it stays unless another day was chosen.
            if form["due_date"] != current.dueDate.map({ LocalDay(shifted: $0).iso }) ?? "" {
                optional.append("due_date")
            }
            let fields = try form.reader(texts: ["title"], optional: optional, integers: ["priority"])
            _ = try await actions.change(id, fields, keepsAbsentFields: true)
            return .seeOther(path, notice: .saved)
        } catch {
            let errors = try FormErrors(error)
            return try await page(list.editing(id), scope, form: form, errors: errors)
        }
    }

    private func check(_ scope: RequestScope) async throws -> Response {
        let id = try scope.pathID()
        let form = try await scope.form()
        let isDone = form["done"] == "true"
        let fields = FieldReader(members: ["is_done": .boolean(isDone)])
        _ = try await actions.change(id, fields, keepsAbsentFields: true)
        return .seeOther(origin(of: form).path, notice: isDone ? .checked : .reopened)
    }

    private func delete(_ scope: RequestScope) async throws -> Response {
        let id = try scope.pathID()
        let path = origin(of: try await scope.form()).path
        let task = try await actions.take(id)
        let key = deleted.keep(.task(task), of: try scope.requireSession().user.id)
        return .seeOther(path, notice: .deleted, undo: key)
    }
}
