internal import NIOCore

/// Joins the small parts of a request's body. Each part costs as much on its way to the reader as a hundred bytes or more,
/// and a client that sends chunks of one byte makes a million of them.
struct SmallBodyParts {
    /// Larger parts are worth their way, and are not copied.
    static let smallBytes = 1024
    /// What was joined is passed on from this size on.
    static let joinedBytes = 16 * 1024

    /// Passed on as it is if nothing joins it.
    private var first: ByteBuffer?
    /// The first part and those after it; empty while there is only the first. Appending one byte to a buffer takes longer.
    private var joined: [UInt8] = []

    /// - Returns: what is to be passed on now.
    mutating func add(_ part: ByteBuffer) -> ByteBuffer? {
        let isSmall = part.readableBytes < Self.smallBytes
        guard first != nil else {
            guard isSmall else { return part }
            first = part
            return nil
        }
        if joined.isEmpty, let first { append(first) }
        append(part)
        return isSmall && joined.count < Self.joinedBytes ? nil : take()
    }

    private mutating func append(_ part: ByteBuffer) {
        part.withUnsafeReadableBytes { joined.append(contentsOf: $0) }
    }

    /// What was joined so far, once nothing more may be waited for.
    mutating func take() -> ByteBuffer? {
        defer { (first, joined) = (nil, []) }
        return joined.isEmpty ? first : ByteBuffer(bytes: joined)
    }
}
