/// What a lease allows.
public enum Access: Sendable, Hashable {
    /// Any number of leases at once; statements that write are refused.
    case read
    /// On an engine with a single writer, one lease at a time for each database, first come, first served.
    case write
}
