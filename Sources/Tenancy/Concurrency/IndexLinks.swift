/// Lines of the indices of a table. An index is in at most one line; it joins and leaves with constant work, wherever it
/// stands, and nothing is copied.
struct IndexLinks: Sendable {
    struct Line: Sendable {
        fileprivate var head = IndexLinks.none
        fileprivate var tail = IndexLinks.none

        var isEmpty: Bool { head == IndexLinks.none }
        /// The index that joined first.
        var first: Int? { head == IndexLinks.none ? nil : head }
        /// The index that joined last.
        var last: Int? { tail == IndexLinks.none ? nil : tail }
    }

    private struct Link {
        var previous = IndexLinks.none
        var next = IndexLinks.none
    }

    private static var none: Int { -1 }
    private var links: [Link] = []

    /// The index that joined the same line next.
    func next(after index: Int) -> Int? {
        let next = links[index].next
        return next == Self.none ? nil : next
    }

    /// - Parameter index: one that is in no line.
    mutating func append(_ index: Int, to line: inout Line) {
        while links.count <= index { links.append(Link()) }
        links[index] = Link(previous: line.tail)
        if line.tail == Self.none { line.head = index } else { links[line.tail].next = index }
        line.tail = index
    }

    /// - Parameter index: one that is in this line.
    mutating func remove(_ index: Int, from line: inout Line) {
        let link = links[index]
        if link.previous == Self.none { line.head = link.next } else { links[link.previous].next = link.next }
        if link.next == Self.none { line.tail = link.previous } else { links[link.next].previous = link.previous }
    }
}
