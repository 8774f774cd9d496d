internal import CSQLite
internal import Foundation
internal import Synchronization
internal import Tenancy

/// Prevents two databases of this process from sharing one index of the write-ahead log (`-shm`).
///
/// SQLite opens a database's index once per process, by the database's path, and maps it into memory. The first user
/// of an index truncates it; SQLite uses record locks to find out whether it is the first, and these never conflict
/// within one process. If a file is replaced while it is open, and the new file is opened before the old one has
/// released its index, the new one would truncate memory that the old one has mapped, and the next access would end
/// the process with SIGBUS. Closing the index would also drop the locks that protect it from other processes.
///
/// Therefore SQLite's own `open` is replaced by one that refuses an index which this process already has open. The
/// statement fails with `SQLITE_CANTOPEN`, the connection is closed, and the next one finds the right file. Source:
/// `unixOpenSharedMemory` in SQLite's os_unix.c, and `xSetSystemCall` in sqlite.org/c3ref/vfs.html.
enum SQLiteSharedIndex {
    private struct File: Hashable {
        let device: UInt64
        let inode: UInt64

        init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }
    }

    private struct Indexes {
        var byDescriptor: [Int32: File] = [:]
        var files: Set<File> = []
    }

    private static let suffix = "-shm"
    private static let indexes = Lock(Indexes())

    /// Installed once per process, before its first connection; whether SQLite has accepted the calls.
    static let isGuarded: Bool = {
        guard let system = sqlite3_vfs_find("unix"), let set = system.pointee.xSetSystemCall else { return false }
        let opening: @convention(c) (UnsafePointer<CChar>?, Int32, Int32) -> Int32 = { openFile($0, $1, $2) }
        let closing: @convention(c) (Int32) -> Int32 = { closeFile($0) }
        return set(system, "open", unsafeBitCast(opening, to: sqlite3_syscall_ptr.self)) == SQLITE_OK
            && set(system, "close", unsafeBitCast(closing, to: sqlite3_syscall_ptr.self)) == SQLITE_OK
    }()

    private static func openFile(_ path: UnsafePointer<CChar>?, _ flags: Int32, _ mode: Int32) -> Int32 {
        guard let path, isIndex(path) else { return unify_sqlite_open(path, flags, mode) }
        return indexes.withLock { indexes in
            var status = stat()
            if lstat(path, &status) == 0, indexes.files.contains(File(status)) {
                errno = EBUSY
                return -1
            }
            let descriptor = unify_sqlite_open(path, flags, mode)
            guard descriptor >= 0, fstat(descriptor, &status) == 0 else { return descriptor }
            indexes.byDescriptor[descriptor] = File(status)
            indexes.files.insert(File(status))
            return descriptor
        }
    }

    private static func closeFile(_ descriptor: Int32) -> Int32 {
        let result = indexes.withLock { indexes -> Int32? in
            guard let file = indexes.byDescriptor.removeValue(forKey: descriptor) else { return nil }
            indexes.files.remove(file)
            // Under the lock: closing would drop the locks of a thread that opened it meanwhile.
            return close(descriptor)
        }
        return result ?? close(descriptor)
    }

    private static func isIndex(_ path: UnsafePointer<CChar>) -> Bool {
        let length = strlen(path)
        return length > suffix.utf8.count && strcmp(path + (length - suffix.utf8.count), suffix) == 0
    }
}
