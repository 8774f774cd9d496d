internal import NIOCore

/// Joins the small parts of a request's body. Each part costs as much on its way to the reader as a hundred bytes or more,
/// and a client that sends chunks of one byte makes a million of them.
struct SmallBodyParts {
    /// Larger parts are worth their way, and are not copied.
    static let smallBytes = 1024
    /// What was joined is passed on from this size on.
    static let joinedBytes = 16 * 1024

    private var joined: ByteBuffer?

    /// - Returns: what is to be passed on now.
    mutating func add(_ part: ByteBuffer) -> ByteBuffer? {
        guard var bytes = joined else {
            guard part.readableBytes < Self.smallBytes else { return part }
            joined = part
            return nil
        }
        joined = nil
        bytes.writeImmutableBuffer(part)
        guard bytes.readableBytes < Self.joinedBytes, part.readableBytes < Self.smallBytes else { return bytes }
        joined = bytes
        return nil
    }

    /// What was joined so far, once nothing more may be waited for.
    mutating func take() -> ByteBuffer? {
        defer { joined = nil }
        return joined
    }
}
