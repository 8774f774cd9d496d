internal import Tenancy

/// The requested page of a list and the pages before it, as encoded in the page's query.
///
/// Lists use cursors, which only lead forward. To allow going back, links carry the starts of the previous pages, and
/// how many rows they had.
struct ListPlace {
    /// The most pages that links remember; from the page after them, going back leads to the first page.
    static let maxRemembered = 5
    private static let maxTrailLength = (Cursor.maxBytes + 20) * maxRemembered

    /// The beginning of a page.
    private struct Step {
        let rowsBefore: Int64
        /// The text of the cursor; empty for the first page.
        let cursor: Substring

        init(rowsBefore: Int64, cursor: Substring) {
            self.rowsBefore = rowsBefore
            self.cursor = cursor
        }

        init?(_ text: Substring) {
            let parts = text.split(separator: "~", omittingEmptySubsequences: false)
            guard parts.count == 2, let rowsBefore = Int64(plain: String(parts[0])) else { return nil }
            self.init(rowsBefore: rowsBefore, cursor: parts[1])
        }

        var text: String { "\(rowsBefore)~\(cursor)" }
    }

    /// The list's first page, with its filters.
    let path: String
    private let position: ListPosition
    /// Rows on the pages before.
    let rowsBefore: Int
    private let trail: [Step]

    /// - Parameter fits: whether a cursor can be one of the list's order.
    init(
        _ query: inout QueryReader, path: String, where fits: (Cursor) -> Bool = { $0.instant == nil }
    ) {
        self.path = path
        position = query.position(onPage: path, where: fits)
        let rows = query.number("at") ?? 0
        let text = query.text("trail", maxLength: Self.maxTrailLength) ?? ""
        // Without a cursor it is the first page, whatever else the query says.
        let isFirst = position.cursor == nil
        rowsBefore = isFirst ? 0 : Int(clamping: min(rows, 1_000_000_000))
        trail = isFirst ? [] : text.split(separator: ".").suffix(Self.maxRemembered).compactMap(Step.init)
    }

    /// A list's first page.
    init(path: String) {
        var query = QueryReader(nil)
        self.init(&query, path: path)
    }

    var cursor: Cursor? { position.cursor }
    var isFirst: Bool { cursor == nil }

    /// This page.
    var ownPath: String { path(of: ownStep, trail) }

    private var ownStep: Step {
        Step(rowsBefore: Int64(rowsBefore), cursor: cursor.map { position.text($0)[...] } ?? "")
    }

    /// The page before; nil if there is none, or too many pages were passed since.
    var previousPath: String? { trail.last.map { path(of: $0, trail.dropLast()) } }

    /// - Parameters:
    ///   - next: the cursor of the next page.
    ///   - count: rows on this page.
    func nextPath(_ next: Cursor, count: Int) -> String {
        let step = Step(rowsBefore: Int64(rowsBefore + count), cursor: position.text(next)[...])
        return path(of: step, (trail + [ownStep]).suffix(Self.maxRemembered))
    }

    private func path(of step: Step, _ trail: ArraySlice<Step>) -> String {
        guard !step.cursor.isEmpty else { return path }
        var path = LocalPath.adding("cursor", String(step.cursor), to: path)
        path = LocalPath.adding("at", "\(step.rowsBefore)", to: path)
        guard !trail.isEmpty else { return path }
        return LocalPath.adding("trail", trail.map(\.text).joined(separator: "."), to: path)
    }

    private func path(of step: Step, _ trail: [Step]) -> String { path(of: step, trail[...]) }
}
