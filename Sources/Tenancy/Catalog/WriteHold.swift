internal import Synchronization

/// Marks a task, and the tasks that it starts, while it holds the main database for writing. A second such lease inside it
/// would wait for itself.
final class WriteHold: Sendable {
    private let held = Atomic(true)

    var isHeld: Bool { held.load(ordering: .acquiring) }

    func end() { held.store(false, ordering: .releasing) }

    static func nested(_ what: String) -> TenancyError {
        TenancyError(
            .nestedLease,
            "This code already holds \(what) and a second lease would wait. Use the handle that the first one lends, or end "
                + "it before the second begins.")
    }
}
