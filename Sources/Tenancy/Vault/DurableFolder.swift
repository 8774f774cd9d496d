internal import Foundation

/// What a folder holds, on disk.
package enum DurableFolder {
    /// Flushes a folder, so that the names of files that were made or removed in it survive power loss.
    /// - Returns: false where that failed; `errno` says why.
    package static func sync(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }
}
