/// The links from one page of a list to others.
struct PagerView {
    let firstPath: String?
    let firstLabel: String
    let nextPath: String?
    let nextLabel: String

    /// - Parameters:
    ///   - path: the list's first page, with what narrows the list.
    ///   - next: the cursor of the next page, if there is one.
    ///   - isFirst: whether this is the first page.
    ///   - isByTime: whether the newest come first.
    init(_ path: String, next: Cursor?, isFirst: Bool, isByTime: Bool = false) {
        firstPath = isFirst ? nil : path
        firstLabel = isByTime ? "Back to the newest" : "Back to the first"
        nextPath = next.map { LocalPath.adding("cursor", $0.text, to: path) }
        nextLabel = isByTime ? "Earlier ones" : "More"
    }
}
