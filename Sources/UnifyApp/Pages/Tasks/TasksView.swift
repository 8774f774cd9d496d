internal import Tenancy

/// The view of the template `tasks`.
struct TasksView {
    struct Tab {
        let label: String
        let path: String
        let isCurrent: Bool
        let count: String?
    }

    struct Row {
        let id: Int64
        let title: String
        let description: String?
        let due: String?
        let isOverdue: Bool
        let isDone: Bool
        let priority: String?
        /// The priority as the stylesheet knows it.
        let priorityClass: String
        let editPath: String
        let back: String
        /// Nil if the row is not a form.
        let form: Form?
    }

    /// Rows under a heading.
    struct Group {
        /// Nil if the list has no parts.
        let label: String?
        let rows: [Row]
    }

    struct Form {
        let zone: String
        let fields: [FieldView]
        let choices: FieldView
        let cancelPath: String
    }

    /// The data of one page of the list.
    struct Found {
        let tasks: [TaskItem]
        let next: Cursor?
        let open: Int
        let overdue: Int
        let total: Int?
    }

    let back: String
    let add: [FieldView]
    let addPriority: FieldView
    let general: String?
    let tabs: [Tab]
    let overdue: String?
    let search: String
    let show: String
    let priorities: [FieldView.Choice]
    let isFiltered: Bool
    let clearPath: String
    let groups: [Group]
    let isEmpty: Bool
    let emptyText: String
    let pager: PagerView

    init(
        list: TaskList, found: Found, time: PageTime, form: FormFields, errors: FormErrors
    ) {
        back = list.path
        // Refused input belongs to the open row, otherwise to the new task.
        let (addForm, addErrors) = list.editing == nil ? (form, errors) : (FormFields(), .none)
        add = [
            FieldView("title", "New task", value: addForm["title"], errors: addErrors).with {
                ($0.maxLength, $0.isRequired, $0.id) = (ItemLimits.title, true, "new-title")
                $0.hasFocus = addErrors["title"] != nil
            },
            FieldView("due_date", "Due", type: "date", value: addForm["due_date"], errors: addErrors).with {
                $0.id = "new-due"
            },
        ]
        addPriority = FieldView("priority", "Priority", errors: addErrors).with {
            $0.id = "new-priority"
            $0.choices = TaskPriority.choices(chosen: Int64(plain: addForm["priority"]) ?? 0)
        }
        general = addErrors.general
        tabs = TaskList.Show.allCases.map {
            Tab(
                label: $0.label, path: list.path(showing: $0), isCurrent: $0 == list.show,
                count: $0 == .open ? GroupedNumber.text(found.open) : nil)
        }
        overdue =
            switch found.overdue {
            case 0: nil
            case 1: "1 task is overdue"
            default: "\(GroupedNumber.text(found.overdue)) tasks are overdue"
            }
        search = list.text ?? ""
        show = list.show.rawValue
        priorities =
            [FieldView.Choice(value: "", label: "Any priority", isChosen: list.priority == nil)]
            + TaskPriority.allCases.dropFirst().map {
                FieldView.Choice(
                    value: "\($0.rawValue)", label: $0 == .high ? "High" : "\($0.label) or higher",
                    isChosen: $0 == list.priority)
            }
        isFiltered = list.isFiltered
        clearPath = LocalPath.query("/tasks", ["show": list.show == .open ? nil : list.show.rawValue])
        groups = Self.parts(of: found.tasks, in: list, time).map { label, tasks in
            Group(label: label, rows: tasks.map { Row($0, list: list, time: time, form: form, errors: errors) })
        }
        isEmpty = found.tasks.isEmpty
        emptyText = Self.emptyText(list)
        pager = PagerView(list.place, count: found.tasks.count, next: found.next, total: found.total)
    }

    private static func parts(
        of tasks: [TaskItem], in list: TaskList, _ time: PageTime
    ) -> [(label: String?, tasks: [TaskItem])] {
        guard list.show == .due else { return [(nil, tasks)] }
        let byPart = Dictionary(grouping: tasks) { $0.dueDate.map { TaskDue($0).part(time) } ?? .later }
        return TaskDue.Part.allCases.compactMap { part in byPart[part].map { (part.label, $0) } }
    }

    private static func emptyText(_ list: TaskList) -> String {
        if list.isFiltered { return NoResults.text(for: list.text, of: "tasks") }
        return switch list.show {
        case .open: "Nothing to do. Add your first task above."
        case .due: "No open task has a due date."
        case .done: "No task is done yet."
        case .all: "No tasks yet. Add your first one above."
        }
    }
}

extension TasksView.Row {
    fileprivate init(_ task: TaskItem, list: TaskList, time: PageTime, form: FormFields, errors: FormErrors) {
        id = task.id
        title = task.title
        description = task.description.map { Excerpt.text(of: $0, length: 200) }
        let due = task.dueDate.map(TaskDue.init)
        self.due = due?.words(time)
        isOverdue = !task.isDone && due?.isOverdue(time) ?? false
        isDone = task.isDone
        let word = TaskPriority(nearest: task.priority)
        priority = TaskPriority.words(for: task.priority)
        priorityClass = word.label.lowercased()
        back = list.path
        editPath = LocalPath.adding("edit", "\(task.id)", to: list.path)
        self.form =
            list.editing == task.id
            ? TasksView.Form(task, due, list: list, time: time, form: form, errors: errors) : nil
    }
}

extension TasksView.Form {
    fileprivate init(
        _ task: TaskItem, _ due: TaskDue?, list: TaskList, time: PageTime, form: FormFields, errors: FormErrors
    ) {
        let isSent = form.has("title")
        zone = isSent && form.has("zone") ? form["zone"] : time.zoneName
        fields = [
            FieldView(
                "title", "Title", value: isSent ? form["title"] : task.title, errors: errors
            ).with { ($0.maxLength, $0.isRequired, $0.hasFocus, $0.id) = (ItemLimits.title, true, true, "edit-title") },
            FieldView(
                "due_date", "Due", type: due?.fieldType ?? "date",
                value: isSent ? form["due_date"] : due?.field(time) ?? "", errors: errors
            ).with { $0.id = "edit-due" },
            FieldView(
                "description", "Description", type: "multiline",
                value: isSent ? form["description"] : task.description ?? "", errors: errors
            ).with { ($0.id, $0.maxLength) = ("edit-description", ItemLimits.description) },
        ]
        choices = FieldView("priority", "Priority", errors: errors).with {
            $0.id = "edit-priority"
            $0.choices = TaskPriority.choices(chosen: isSent ? Int64(plain: form["priority"]) ?? 0 : task.priority)
        }
        cancelPath = list.path
    }
}
