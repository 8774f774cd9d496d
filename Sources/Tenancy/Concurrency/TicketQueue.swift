internal import DequeModule

/// Ascending numbers. The first, the last and the count are had in constant time, any other one by bisection.
struct TicketQueue {
    private var tickets: Deque<UInt64> = []

    var isEmpty: Bool { tickets.isEmpty }
    var count: Int { tickets.count }
    var first: UInt64? { tickets.first }

    mutating func append(_ ticket: UInt64) { tickets.append(ticket) }

    mutating func remove(_ ticket: UInt64) {
        guard tickets.first != ticket else { return tickets.removeFirst(1) }
        var (low, high) = (0, tickets.count)
        while low < high {
            let middle = (low + high) / 2
            if tickets[middle] < ticket { low = middle + 1 } else { high = middle }
        }
        if low < tickets.count, tickets[low] == ticket { tickets.remove(at: low) }
    }
}
