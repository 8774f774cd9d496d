/// What a lease is for.
public enum Access: Sendable, Hashable {
    /// Any number of leases at once; a statement that writes is refused.
    case read
    /// On an engine with a single writer, one lease at a time for each database, in the order of asking.
    case write
}
