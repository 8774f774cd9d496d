internal import Foundation
internal import Synchronization
internal import Tenancy

/// Which files this process has open at which paths.
///
/// SQLite finds the index beside a file, `-shm`, by the file's path. If a file is replaced while connections to the
/// old one are open, the index at the path belongs to the old one. The first connection to the new file therefore
/// removes it, and SQLite makes another. ``SQLiteSharedIndex`` ensures that no race lets two files share an index.
final class SQLiteOpenFiles: Sendable {
    private let counts = Lock<[String: [UInt64: Int]]>([:])

    /// One connection's share; released with its last copy.
    final class Share: Sendable {
        private let files: SQLiteOpenFiles
        private let path: String
        private let inode: UInt64

        fileprivate init(_ files: SQLiteOpenFiles, path: String, inode: UInt64) {
            self.files = files
            self.path = path
            self.inode = inode
        }

        deinit { files.end(path, inode) }
    }

    /// Call after opening a file and before its first statement, which maps the index; nil if there is no file.
    func begin(_ path: String) -> Share? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        let inode = UInt64(status.st_ino)
        counts.withLock { counts in
            let isFirst = counts[path]?[inode] == nil
            // Removed under the lock, before anyone else can have begun to use it.
            if isFirst, counts[path]?.isEmpty == false { unlink(path + "-shm") }
            counts[path, default: [:]][inode, default: 0] += 1
        }
        return Share(self, path: path, inode: inode)
    }

    private func end(_ path: String, _ inode: UInt64) {
        counts.withLock { counts in
            let left = (counts[path]?[inode] ?? 1) - 1
            counts[path]?[inode] = left == 0 ? nil : left
            if counts[path]?.isEmpty == true { counts[path] = nil }
        }
    }
}
