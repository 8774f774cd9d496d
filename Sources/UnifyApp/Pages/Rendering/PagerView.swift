internal import Tenancy

/// Which rows of a list a page shows, and the links from it to others.
struct PagerView {
    let firstPath: String?
    let firstLabel: String
    let previousPath: String?
    let previousLabel: String
    let nextPath: String?
    let nextLabel: String
    /// As `51–100 of 387`; nil if the page shows all there is.
    let range: String?
    let isNeeded: Bool

    /// - Parameters:
    ///   - count: rows on this page.
    ///   - next: the cursor of the next page, if there is one.
    ///   - total: rows of the whole list, if known.
    ///   - isByTime: whether the newest come first.
    init(_ place: ListPlace, count: Int, next: Cursor?, total: Int? = nil, isByTime: Bool = false) {
        firstPath = place.isFirst ? nil : place.path
        firstLabel = isByTime ? "Back to the newest" : "Back to the first"
        previousPath = place.previousPath
        previousLabel = isByTime ? "Later ones" : "Previous"
        nextPath = next.map { place.nextPath($0, count: count) }
        nextLabel = isByTime ? "Earlier ones" : "More"
        range =
            count == 0 || (place.isFirst && next == nil)
            ? nil : Self.range(place.rowsBefore + 1...place.rowsBefore + count, total: total, isLast: next == nil)
        isNeeded = !place.isFirst || next != nil
    }

    /// For a short list by time, whose pages lead to earlier ones and back to the newest.
    init(newest: String?, earlier: String?) {
        (firstPath, firstLabel) = (newest, "Back to the newest")
        (previousPath, previousLabel) = (nil, "")
        (nextPath, nextLabel) = (earlier, "Earlier ones")
        range = nil
        isNeeded = newest != nil || earlier != nil
    }

    private static func range(_ rows: ClosedRange<Int>, total: Int?, isLast: Bool) -> String {
        let span = "\(GroupedNumber.text(rows.lowerBound))–\(GroupedNumber.text(rows.upperBound))"
        // The list may have changed since it was counted; the last page knows best.
        guard let total = isLast ? rows.upperBound : total, total >= rows.upperBound else { return span }
        return "\(span) of \(GroupedNumber.text(total))"
    }
}
