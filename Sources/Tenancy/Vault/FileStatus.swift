internal import Foundation

/// Whose a file or folder is, and who may do what with it; of what a symbolic link leads to.
package struct FileStatus: Sendable {
    package let owner: UInt32
    /// The permission bits, those of groups and of others among them.
    package let mode: UInt32

    /// - Returns: nil where there is none, or it cannot be looked at.
    package init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        owner = status.st_uid
        mode = status.st_mode & 0o7777
    }

    /// Whether this process's user owns it.
    package var isOurs: Bool { owner == geteuid() }
}
