internal import Foundation
internal import Synchronization
internal import Tenancy

/// Whether the server should be sent requests, and if not, why.
final class Readiness: Sendable {
    /// Free disk below which nothing should be started.
    static let minimumFreeBytes: Int64 = 50 * 1024 * 1024

    private let dataDirectory: String
    private let storage: StorageGuard
    private let isDraining = Atomic(false)

    init(dataDirectory: String, storage: StorageGuard) {
        self.dataDirectory = dataDirectory
        self.storage = storage
    }

    func startDraining() { isDraining.store(true, ordering: .relaxed) }

    /// Warnings that do not affect readiness.
    var notices: [String] { storage.isFull ? ["storage_full"] : [] }

    /// Empty for a server that is ready.
    func reasons(main: MainDatabase) async -> [String] {
        var reasons: [String] = []
        if isDraining.load(ordering: .relaxed) { reasons.append("draining") }
        do {
            _ = try await main.withDatabase(.read) { try await $0.fetchOne("SELECT 1 AS One") }
        } catch {
            reasons.append("main_database_unreachable")
        }
        if let free = FreeDisk.bytes(at: dataDirectory), free < Self.minimumFreeBytes { reasons.append("disk_full") }
        return reasons
    }
}
