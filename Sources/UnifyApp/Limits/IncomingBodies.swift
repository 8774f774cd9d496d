internal import Hummingbird
internal import NIOCore
internal import Synchronization
internal import Tenancy

/// Collects the bodies of requests, and bounds the memory that those take which are not complete: a client that holds back
/// the end of many large ones is refused before it fills the memory. Where the memory for all is full, whoever holds the most
/// of it gives way (``SharedRoom``).
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

    /// A sender's part is a session; networks have none.
    private typealias Room = SharedRoom<Sender, SessionKey?>

    private struct State {
        var users = Room(.init(ofAll: IncomingBodies.bytesOfUsers, ofOwner: IncomingBodies.bytesOfOne))
        var strangers = Room(.init(ofAll: IncomingBodies.bytesOfStrangers, ofOwner: IncomingBodies.bytesOfOne))

        subscript(_ sender: Sender) -> Room {
            get {
                switch sender {
                case .user: users
                case .network: strangers
                }
            }
            _modify {
                switch sender {
                case .user: yield &users
                case .network: yield &strangers
                }
            }
        }
    }

    private let state = Lock(State())

    /// Waits for the whole body.
    /// - Parameters:
    ///   - session: nil for a network.
    ///   - end: ends the connection, if the body has to give way to another's.
    /// - Throws: ``Problem`` `body_too_large` (413), `body_incomplete` (400), `too_many_requests` (429), `overloaded` (503).
    func collect(
        _ body: RequestBody, upTo maxBytes: Int, from sender: Sender, in session: SessionKey? = nil,
        endingBy end: @escaping @Sendable () -> Void = {}
    ) async throws -> ByteBuffer {
        var (whole, counted) = (ByteBuffer(), 0)
        var holding: Int?
        defer { if let holding { state.withLock { $0[sender].release(holding) } } }
        var parts = body.makeAsyncIterator()
        while let part = try await next(&parts) {
            guard part.readableBytes <= maxBytes - whole.readableBytes else { throw Problem.bodyTooLarge }
            if whole.readableBytes == 0 { whole = part } else { whole.writeImmutableBuffer(part) }
            let more = whole.readableBytes - Self.uncountedBytes - counted
            guard more > 0 else { continue }
            holding = try count(more, in: holding, of: sender, session, end)
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

    /// Counts more bytes of a body.
    /// - Parameter holding: what is counted of it so far; nil for nothing.
    /// - Returns: the same, or a new one.
    private func count(
        _ bytes: Int, in holding: Int?, of sender: Sender, _ session: SessionKey?, _ end: @escaping @Sendable () -> Void
    ) throws -> Int {
        var evictions: [Room.Eviction] = []
        defer { for evict in evictions { evict() } }
        return try state.withLock { state in
            guard holding.map(state[sender].isHeld) ?? true else { throw Problem.tooManyUnfinishedBodies }
            let outcome = state[sender].makeRoom(for: bytes, of: sender, session)
            evictions = outcome.evictions
            switch outcome.refusal {
            case .ofOwner: throw Problem.tooManyRequests
            case .ofAll: throw Problem.tooManyUnfinishedBodies
            case nil: break
            }
            guard let holding else { return state[sender].hold(bytes, for: sender, session, evict: end) }
            state[sender].grow(holding, by: bytes)
            return holding
        }
    }

    /// The sessions of one user, or of all, with bodies on their way.
    func sessions(of userID: UserID?) -> Set<SessionKey> {
        state.withLock { Set($0.users.parts(of: userID.map { .user($0) }).compactMap(\.part)) }
    }

    /// Ends the connections on which a session's bodies are on their way.
    func end(_ session: SessionKey, of userID: UserID?) {
        let evictions = state.withLock { state in
            state.users.parts(of: userID.map { .user($0) }).filter { $0.part == session }
                .flatMap { state.users.evict($0.part, of: $0.owner) }
        }
        for evict in evictions { evict() }
    }
}
