internal import Foundation

/// What a folder holds, on disk.
package enum DurableFolder {
    /// Flushes a folder, so that the names of files that were made or removed in it survive power loss.
    /// - Returns: false if that failed; `errno` says why.
    package static func sync(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    /// Runs the body while no other process, and no other call of this one, has the folder locked.
    /// - Returns: nil if the folder cannot be locked; `errno` says why.
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
