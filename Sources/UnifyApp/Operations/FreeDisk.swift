internal import Foundation
internal import Tenancy

/// The free space on a disk.
public enum FreeDisk {
    /// Bytes that this user may still write to the file system of a path; nil if unavailable.
    public static func bytes(at path: String) -> Int64? { room(at: path)?.free }

    /// The same, for callers that must not block: a file system on a network may answer late.
    static func bytesApart(at path: String) async -> Int64? {
        // Without a thread nothing is known of the disk.
        (try? await threads.run { bytes(at: path) }) ?? nil
    }

    private static let threads = WorkerThreads(name: "disk", maxThreads: 1, isApart: true)

    /// Whether writing this many bytes leaves the reserve free, which is capped at a twentieth of the disk. True if
    /// the free space is unavailable: writing itself reports what is wrong.
    public static func isRoom(for bytes: Int64, at path: String, leaving reserve: Int64) -> Bool {
        guard let disk = room(at: path) else { return true }
        return disk.free - bytes >= min(reserve, disk.total / 20)
    }

    /// The same, and the size of the file system.
    static func room(at path: String) -> (free: Int64, total: Int64)? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return (Int64(status.f_bavail) * Int64(status.f_frsize), Int64(status.f_blocks) * Int64(status.f_frsize))
    }
}
