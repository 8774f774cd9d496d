internal import Tenancy

/// The view of the template `notes`.
struct NotesView {
    struct Row {
        let title: String
        let excerpt: String
        let date: String
        let path: String
        let isCurrent: Bool
    }

    struct Editor {
        let heading: String
        let action: String
        let fields: [FieldView]
        let general: String?
        let changed: String?
        let deletePath: String?
    }

    let title: String
    let search: String
    let isFiltered: Bool
    let rows: [Row]
    let isEmpty: Bool
    let emptyText: String
    let pager: PagerView
    let editor: Editor?

    init(
        notes: [NoteItem], next: Cursor?, text: String?, place: ListPlace, editor: NotePages.Editor, time: PageTime,
        form: FormFields, errors: FormErrors
    ) {
        let current: NoteItem? = if case .note(let note) = editor { note } else { nil }
        title = current.map(\.title) ?? "Notes"
        search = text ?? ""
        isFiltered = text != nil
        rows = notes.map { note in
            Row(
                title: note.title, excerpt: Excerpt.text(of: note.body, length: 120),
                date: note.dates.map { time.day(of: $0.updatedAt).short } ?? "",
                path: LocalPath.query("/notes/\(note.id)", ["q": text]), isCurrent: note.id == current?.id)
        }
        isEmpty = rows.isEmpty
        emptyText = NoResults.text(for: text, of: "notes")
        pager = PagerView(place, count: rows.count, next: next)
        self.editor =
            switch editor {
            case .none: nil
            case .new: Editor(nil, time: time, form: form, errors: errors)
            case .note(let note): Editor(note, time: time, form: form, errors: errors)
            }
    }
}

extension NotesView.Editor {
    fileprivate init(_ note: NoteItem?, time: PageTime, form: FormFields, errors: FormErrors) {
        heading = note == nil ? "New note" : "Edit note"
        action = note.map { "/notes/\($0.id)" } ?? "/notes"
        let isSent = form.has("title")
        fields = FieldView.focusingOnFault([
            FieldView("title", "Title", value: isSent ? form["title"] : note?.title ?? "", errors: errors).with {
                ($0.maxLength, $0.isRequired, $0.hasFocus) = (ItemLimits.title, true, note == nil)
            },
            FieldView(
                "body", "Text", type: "multiline", value: isSent ? form["body"] : note?.body ?? "", errors: errors
            ).with { $0.maxLength = ItemLimits.noteBody },
        ])
        general = errors.general
        changed = note?.dates.map { "Last changed \(time.dateAndClock($0.updatedAt))" }
        deletePath = note.map { "/notes/\($0.id)/delete" }
    }
}
