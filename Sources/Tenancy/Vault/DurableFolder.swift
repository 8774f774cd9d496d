internal import Foundation

/// Makes a folder's contents durable.
package enum DurableFolder {
    /// Flushes a folder, so that names of files made or removed in it survive power loss.
    /// - Returns: false on failure; see `errno`.
    package static func sync(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    /// Runs the body while no other process, and no other call of this one, holds the folder's lock.
    /// - Returns: nil if the folder cannot be locked; see `errno`.
    package static func withLock<Result>(on path: String, _ body: () throws -> Result) rethrows -> Result? {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { return nil }
        }
        return try body()
    }
}
