import Synchronization
import Tenancy

/// An engine whose connections to users' databases take long: something happens before each is there.
final class DisturbedEngine: ForwardingEngine {
    let engine: any DatabaseEngine
    let onConnect = Lock<(@Sendable () async -> Void)?>(nil)

    init(_ engine: any DatabaseEngine) { self.engine = engine }

    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        let connection = try await engine.connect(to: location, as: role)
        if role == .user, let happening = onConnect.withLock({ $0 }) { await happening() }
        return connection
    }
}
