internal import Synchronization

/// Marks a task, and the tasks that it starts, while it holds a lease for writing that only one task can hold at a time.
/// A second such lease inside it would wait for itself.
final class WriteHold: Sendable {
    private let held = Atomic(true)

    var isHeld: Bool { held.load(ordering: .acquiring) }

    func end() { held.store(false, ordering: .releasing) }

    static func nested(_ what: String, userID: UserID? = nil) -> TenancyError {
        TenancyError(
            .nestedLease,
            "This code already holds \(what), and a second lease would wait for the first. Use the handle that the first "
                + "one lends, or end it before the second begins.", userID: userID)
    }
}
