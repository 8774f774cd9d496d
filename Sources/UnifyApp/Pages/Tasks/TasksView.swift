internal import Tenancy

/// What the template `tasks` shows.
struct TasksView {
    struct Tab {
        let label: String
        let path: String
        let isCurrent: Bool
        let count: Int?
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
        /// Nil where the row is not a form.
        let form: Form?
    }

    struct Form {
        let fields: [FieldView]
        let choices: FieldView
        let cancelPath: String
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
    let rows: [Row]
    let isEmpty: Bool
    let emptyText: String
    let pager: PagerView

    init(
        list: TaskList, tasks: [TaskItem], next: Cursor?, open: Int, overdue: Int, time: PageTime, form: FormFields,
        errors: FormErrors
    ) {
        back = list.path
        // What was refused belongs to the row that is open, else to the new task.
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
            $0.choices = TaskPriority.choices(chosen: Int64(addForm["priority"]) ?? 0)
        }
        general = addErrors.general
        tabs = TaskList.Show.allCases.map {
            Tab(
                label: $0.label, path: list.path(showing: $0), isCurrent: $0 == list.show,
                count: $0 == .open ? open : nil)
        }
        self.overdue = overdue == 0 ? nil : overdue == 1 ? "1 task is overdue" : "\(overdue) tasks are overdue"
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
        rows = tasks.map { Row($0, list: list, time: time, form: form, errors: errors) }
        isEmpty = rows.isEmpty
        emptyText = Self.emptyText(list)
        pager = PagerView(list.path(showing: list.show), next: next, isFirst: list.cursor == nil)
    }

    private static func emptyText(_ list: TaskList) -> String {
        if list.isFiltered { return "No task is like that." }
        return switch list.show {
        case .open: "Nothing to do. Add your first task above."
        case .due: "No open task has a date."
        case .done: "Nothing is done yet."
        case .all: "There are no tasks. Add your first one above."
        }
    }
}

extension TasksView.Row {
    fileprivate init(_ task: TaskItem, list: TaskList, time: PageTime, form: FormFields, errors: FormErrors) {
        id = task.id
        title = task.title
        description = task.description.map { Excerpt.text(of: $0, length: 200) }
        // A due date is a day, the same everywhere.
        let day = task.dueDate.map(LocalDay.init(shifted:))
        due = day.map { Self.words(for: $0, today: time.today) }
        isOverdue = !task.isDone && day.map { $0 < time.today } ?? false
        isDone = task.isDone
        let word = TaskPriority(nearest: task.priority)
        priority = word == .none ? nil : word.label
        priorityClass = word.label.lowercased()
        back = list.path
        editPath = LocalPath.adding("edit", "\(task.id)", to: list.path)
        self.form = list.editing == task.id ? TasksView.Form(task, day, list: list, form: form, errors: errors) : nil
    }

    private static func words(for day: LocalDay, today: LocalDay) -> String {
        switch day {
        case today: "Today"
        case today.adding(days: 1): "Tomorrow"
        case today.adding(days: -1): "Yesterday"
        default: day.short
        }
    }
}

extension TasksView.Form {
    fileprivate init(_ task: TaskItem, _ day: LocalDay?, list: TaskList, form: FormFields, errors: FormErrors) {
        let isSent = form.has("title")
        fields = [
            FieldView(
                "title", "Title", value: isSent ? form["title"] : task.title, errors: errors
            ).with { ($0.maxLength, $0.isRequired, $0.hasFocus, $0.id) = (ItemLimits.title, true, true, "edit-title") },
            FieldView(
                "due_date", "Due", type: "date", value: isSent ? form["due_date"] : day?.iso ?? "", errors: errors
            ).with { $0.id = "edit-due" },
            FieldView(
                "description", "Description", type: "multiline",
                value: isSent ? form["description"] : task.description ?? "", errors: errors
            ).with { ($0.id, $0.maxLength) = ("edit-description", ItemLimits.description) },
        ]
        choices = FieldView("priority", "Priority", errors: errors).with {
            $0.id = "edit-priority"
            $0.choices = TaskPriority.choices(chosen: isSent ? Int64(form["priority"]) ?? 0 : task.priority)
        }
        cancelPath = list.path
    }
}
