import Foundation
import Tenancy

/// An engine with a planted leak: it opens another user's database for one user.
final class LeakyEngine: ForwardingEngine {
    let engine: any DatabaseEngine
    /// The name of the file that is asked for, and that of the file that is opened in its stead.
    private let leak: (asked: String, opened: String)
    private let fakesStamp: Bool

    /// - Parameter fakesStamp: whether the question for the identity stamp is answered from the right database.
    init(_ engine: any DatabaseEngine, leak: (asked: String, opened: String), fakesStamp: Bool = true) {
        self.engine = engine
        self.leak = leak
        self.fakesStamp = fakesStamp
    }

    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        let right = try await engine.connect(to: location, as: role)
        guard role == .user, let path = location.path, path.hasSuffix("/\(leak.asked)") else { return right }
        guard let id = UserID(leak.opened.dropFirst(5).dropLast(3)),
            let users = path.range(of: "users/").map({ path[..<$0.lowerBound] })
        else { return right }
        let other = String(users) + UserDatabaseFiles.relativePath(of: id)
        // Until the other user's database is there, nothing leaks.
        guard let rows = try? await engine.connect(to: .file(other), as: role) else { return right }
        guard !fakesStamp else { return LeakyConnection(stamp: right, rows: rows) }
        await right.close()
        return rows
    }
}
