internal import Hummingbird
internal import NIOCore
internal import Synchronization
internal import Tenancy

/// Collects the bodies of requests, and bounds the memory that those take which are not complete: a client that holds back
/// the end of many large ones is refused before it fills the memory.
final class IncomingBodies: Sendable {
    /// Who sends a body.
    enum Sender: Hashable {
        case user(UserID)
        /// Nobody is signed in.
        case network(String)
    }

    /// So many bytes of each body are not counted, so that small requests are always taken: a thief with large ones must
    /// not keep the owner from ending the thief's session.
    static let uncountedBytes = 16 * 1024
    static let bytesOfOne = 8 * 1024 * 1024
    static let bytesOfUsers = 256 * 1024 * 1024
    /// Of all networks without a session, so that strangers keep nothing from users.
    static let bytesOfStrangers = 64 * 1024 * 1024

    private struct State {
        var bytes: [Sender: Int] = [:]
        var bytesOfUsers = 0
        var bytesOfStrangers = 0

        func hasRoom(for count: Int, of sender: Sender) -> Bool {
            switch sender {
            case .user: bytesOfUsers + count <= IncomingBodies.bytesOfUsers
            case .network: bytesOfStrangers + count <= IncomingBodies.bytesOfStrangers
            }
        }

        mutating func add(_ count: Int, of sender: Sender) {
            switch sender {
            case .user: bytesOfUsers += count
            case .network: bytesOfStrangers += count
            }
            let sum = bytes[sender, default: 0] + count
            bytes[sender] = sum == 0 ? nil : sum
        }
    }

    private let state = Lock(State())

    /// Waits for the whole body.
    /// - Throws: ``Problem`` `body_too_large` (413), `body_incomplete` (400), `too_many_requests` (429), `overloaded` (503).
    func collect(_ body: RequestBody, upTo maxBytes: Int, from sender: Sender) async throws -> ByteBuffer {
        var (whole, counted) = (ByteBuffer(), 0)
        defer { if counted > 0 { state.withLock { $0.add(-counted, of: sender) } } }
        var parts = body.makeAsyncIterator()
        while let part = try await next(&parts) {
            guard part.readableBytes <= maxBytes - whole.readableBytes else { throw Problem.bodyTooLarge }
            if whole.readableBytes == 0 { whole = part } else { whole.writeImmutableBuffer(part) }
            let more = whole.readableBytes - Self.uncountedBytes - counted
            guard more > 0 else { continue }
            try count(more, of: sender)
            counted += more
        }
        return whole
    }

    private func next(_ parts: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        do {
            return try await parts.next()
        } catch {
            // The client has disconnected or was too slow; nobody reads this answer.
            throw Problem.bodyIncomplete
        }
    }

    private func count(_ bytes: Int, of sender: Sender) throws {
        try state.withLock { state in
            guard state.bytes[sender, default: 0] + bytes <= Self.bytesOfOne else { throw Problem.tooManyRequests }
            guard state.hasRoom(for: bytes, of: sender) else { throw Problem.tooManyUnfinishedBodies }
            state.add(bytes, of: sender)
        }
    }
}
