/// The page of one job: the template `job`.
struct JobView {
    struct Item {
        let database: String
        let user: String?
        let userPath: String?
        let state: String
        let attempts: Int
        let error: String?
        let ended: String?
    }

    let id: Int64
    let kind: String
    let streamPath: String
    /// HTML.
    let figures: String
    let path: String
    let state: FieldView
    /// Whether the job has items at all.
    let hasItems: Bool
    let items: [Item]
    let isEmpty: Bool
    let pager: PagerView
}
