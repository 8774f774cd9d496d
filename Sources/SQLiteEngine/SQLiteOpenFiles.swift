internal import Foundation
internal import Synchronization
internal import Tenancy

/// Which files this process has open under which paths.
///
/// SQLite finds the index beside a file, `-shm`, by the file's path. Where another file is put in its place while
/// connections to the old one are open, the index that lies there is the old one's. The first to open the new file
/// therefore removes it, and SQLite makes another one. ``SQLiteSharedIndex`` sees to it that no race around this lets two
/// files share one.
final class SQLiteOpenFiles: Sendable {
    private let counts = Lock<[String: [UInt64: Int]]>([:])

    /// One connection's share; given back when its last copy goes.
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

    /// To be called when a file has been opened and before the first statement, which maps the index; nil if there is
    /// no file.
    func begin(_ path: String) -> Share? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        let inode = UInt64(status.st_ino)
        counts.withLock { counts in
            let isFirst = counts[path]?[inode] == nil
            // Removed under the lock, so that nobody else has begun to use it.
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
