/// The frame around a page's content.
struct PageView {
    struct Link {
        let label: String
        let path: String
        let isCurrent: Bool
    }

    struct Undo {
        /// The form's target.
        let path: String
        /// The form's fields.
        let fields: [Field]

        struct Field {
            let name: String
            let value: String
        }

        init(_ path: String, _ fields: KeyValuePairs<String, String>) {
            self.path = path
            self.fields = fields.map { Field(name: $0.key, value: $0.value) }
        }
    }

    struct Notice {
        let text: String
        var isError = false
        var undo: Undo?
    }

    let title: String
    let stylesheet: String
    let script: String
    let icon: String
    let username: String?
    let links: [Link]
    let consoleLinks: [Link]
    let notice: Notice?
    /// HTML.
    let content: String
    let takesNewAccounts: Bool
}
