/// Members in the order of their tickets, lowest first.
///
/// A member may come with a ticket older than others', change it, and leave from anywhere. So this is a binary heap that
/// knows where each member is; each change takes a number of steps logarithmic in the number of members.
struct TicketLine: Sendable {
    struct Entry: Sendable {
        let member: Int
        let ticket: UInt64
    }

    private var heap: [Entry] = []
    private var positions: [Int: Int] = [:]

    var isEmpty: Bool { heap.isEmpty }
    var first: Entry? { heap.first }

    /// Adds a member, or changes its ticket.
    mutating func set(_ member: Int, to ticket: UInt64) {
        let entry = Entry(member: member, ticket: ticket)
        guard let position = positions[member] else {
            heap.append(entry)
            return moveUp(entry, from: heap.count - 1)
        }
        guard heap[position].ticket != ticket else { return }
        place(entry, from: position)
    }

    /// Does nothing if it is no member.
    mutating func remove(_ member: Int) {
        guard let position = positions.removeValue(forKey: member) else { return }
        let last = heap.removeLast()
        if position < heap.count { place(last, from: position) }
    }

    private mutating func place(_ entry: Entry, from position: Int) {
        if position > 0, heap[(position - 1) / 2].ticket > entry.ticket {
            moveUp(entry, from: position)
        } else {
            moveDown(entry, from: position)
        }
    }

    private mutating func moveUp(_ entry: Entry, from start: Int) {
        var position = start
        while position > 0, heap[(position - 1) / 2].ticket > entry.ticket {
            put(heap[(position - 1) / 2], at: position)
            position = (position - 1) / 2
        }
        put(entry, at: position)
    }

    private mutating func moveDown(_ entry: Entry, from start: Int) {
        var position = start
        while let child = smallerChild(of: position), heap[child].ticket < entry.ticket {
            put(heap[child], at: position)
            position = child
        }
        put(entry, at: position)
    }

    private func smallerChild(of position: Int) -> Int? {
        let (left, right) = (2 * position + 1, 2 * position + 2)
        guard left < heap.count else { return nil }
        return right < heap.count && heap[right].ticket < heap[left].ticket ? right : left
    }

    private mutating func put(_ entry: Entry, at position: Int) {
        heap[position] = entry
        positions[entry.member] = position
    }
}
