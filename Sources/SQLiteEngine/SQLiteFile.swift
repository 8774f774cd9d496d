internal import CSQLiteBounds
internal import Foundation
internal import Tenancy

/// A database file with the two files that SQLite keeps beside it. Calls block, and are durable when they return.
struct SQLiteFile {
    /// `O_TMPFILE` of open(2), a macro that Swift does not import.
    private static let temporaryFile: Int32 = 0o20000000 | O_DIRECTORY

    /// Separates a path from the time at which its file was set aside.
    static let quarantineMark = ".set-aside-"

    let path: String

    private var folder: String { (path as NSString).deletingLastPathComponent }

    var exists: Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Makes an empty file that only its owner can access, unless it exists, and lets the body fill it. If the body
    /// throws, the file is removed.
    func create(filling body: () throws -> Void) throws {
        try makeFolder()
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("made") }
        FileStatus.giveToOwner(of: folder, descriptor)
        close(descriptor)
        do {
            try body()
        } catch {
            unlink(path)
            throw error
        }
    }

    /// Writes a new file at the path, completely or not at all. An existing file is left unchanged.
    func publish(_ image: [UInt8]) throws {
        try makeFolder()
        let descriptor = open(folder, Self.temporaryFile | O_RDWR | O_CLOEXEC, 0o600)
        // An unnamed file leaves nothing behind, but not every file system supports them.
        guard descriptor >= 0 else { return try publishByName(image) }
        defer { close(descriptor) }
        FileStatus.giveToOwner(of: folder, descriptor)
        try write(image, to: descriptor)
        guard linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 || errno == EEXIST
        else { return try publishByName(image) }
        try syncFolder(folder)
    }

    private func publishByName(_ image: [UInt8]) throws {
        let temporary = "\(path).\(getpid()).\(UInt64.random(in: 0 ... .max)).tmp"
        let descriptor = open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("made") }
        defer {
            close(descriptor)
            unlink(temporary)
        }
        FileStatus.giveToOwner(of: folder, descriptor)
        try write(image, to: descriptor)
        guard link(temporary, path) == 0 || errno == EEXIST else { throw failure("made") }
        try syncFolder(folder)
    }

    private func write(_ image: [UInt8], to descriptor: Int32) throws {
        var offset = 0
        while offset < image.count {
            let written = image.withUnsafeBytes { bytes in
                Foundation.write(descriptor, bytes.baseAddress.map { $0 + offset }, image.count - offset)
            }
            guard written > 0 else {
                if written < 0, errno == EINTR { continue }
                throw failure("written")
            }
            offset += written
        }
        guard fsync(descriptor) == 0 else { throw failure("written") }
    }

    private func makeFolder() throws {
        try SQLitePath.requireUsable(folder)
        guard OwnedFolder.make(folder) else { throw failure("made") }
    }

    /// Removes the database. The log goes first: SQLite would apply a leftover log to the next database of that name.
    func remove() throws {
        for suffix in ["-wal", "-shm", "-journal", ""] {
            guard unlink(path + suffix) == 0 || errno == ENOENT else { throw failure("removed") }
        }
        if access(folder, F_OK) == 0 { try syncFolder(folder) }
    }

    /// Sets the database and its log aside under an unused name: with this suffix, or with a number after it.
    ///
    /// The database gets its second name first and loses the old one last, after its log has moved. An interruption
    /// leaves a complete database under one of the two names, with its log, and the next call continues.
    func rename(suffix: String) throws {
        let target = path + freeSuffix(suffix)
        // Without hard links, the database is moved last.
        let isLinked = link(path, target) == 0
        guard isLinked || [ENOENT, EPERM, ENOTSUP, EMLINK].contains(errno) else { throw failure("renamed") }
        for part in ["-wal", "-shm", "-journal"] {
            let moved = Foundation.rename(path + part, target + part)
            guard moved == 0 || errno == ENOENT else { throw failure("renamed") }
        }
        let isDone = isLinked ? unlink(path) == 0 : Foundation.rename(path, target) == 0
        guard isDone || errno == ENOENT else { throw failure("renamed") }
        if access(folder, F_OK) == 0 { try syncFolder(folder) }
    }

    /// Exchanges this file with another one. A log belongs to the file beside it, and exists only while the file is
    /// open.
    func exchange(with other: SQLiteFile) throws {
        for path in [path, other.path]
        where ["-wal", "-journal"].contains(where: { SQLiteFile(path: path + $0).exists }) {
            throw TenancyError(
                .busy, "Another process has the file \(path) open. Stop it and try again.", engine: .sqlite)
        }
        guard unify_exchange_files(path, other.path) == 0 else { throw failure("renamed") }
        try syncFolder(folder)
        try syncFolder(other.folder)
    }

    private static let logSuffixes = ["-wal", "-shm", "-journal"]

    /// The plain files that were moved out of the way of this path, without their logs.
    func quarantinedDatabases() throws -> [String] {
        try quarantinedFiles().filter { path in
            !Self.logSuffixes.contains { path.hasSuffix($0) } && FileStatus(ofLink: path)?.kind == .file
        }
    }

    /// Removes the files that were moved out of the way of this path.
    /// - Parameter kept: databases that stay, with their logs.
    func removeQuarantined(except kept: Set<String> = []) throws {
        let staying = kept.union(kept.flatMap { path in Self.logSuffixes.map { path + $0 } })
        let leaving = try quarantinedFiles().filter { !staying.contains($0) }
        for path in leaving where unlink(path) != 0 && errno != ENOENT { throw failure("removed") }
        if !leaving.isEmpty { try syncFolder(folder) }
    }

    private func quarantinedFiles() throws -> [String] {
        guard access(folder, F_OK) == 0 else { return [] }
        let mark = (path as NSString).lastPathComponent + Self.quarantineMark
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix(mark) }
            .map { "\(folder)/\($0)" }
    }

    /// The suffix, with a number if such a file exists; `rename` would replace it.
    private func freeSuffix(_ suffix: String) -> String {
        var free = suffix
        var number = 1
        while SQLiteFile(path: path + free).exists {
            number += 1
            free = "\(suffix)-\(number)"
        }
        return free
    }

    /// The size of the database and its log, in bytes.
    func sizeBytes() throws -> Int64 {
        let main = try status(of: path)
        // There is no log while nobody has the database open.
        return Int64(main.st_size) + Int64((try? status(of: path + "-wal"))?.st_size ?? 0)
    }

    func lastModified() throws -> Timestamp {
        // There is no log while nobody has the database open.
        let all = [try status(of: path), try? status(of: path + "-wal")].compactMap { $0 }
        let milliseconds = all.map { Int64($0.st_mtim.tv_sec) * 1000 + Int64($0.st_mtim.tv_nsec) / 1_000_000 }
        return Timestamp(milliseconds: milliseconds.max() ?? 0)
    }

    /// Why a file cannot be opened, as far as the file system tells.
    /// - Parameter number: the system's error number that SQLite has kept; 0 if there was none.
    func openingFailure(_ number: Int32 = 0) -> TenancyError {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR {
                return TenancyError(
                    .databaseMissing, "The database file is not there. Restore it from a backup.", engine: .sqlite)
            }
            return failure("opened")
        }
        guard status.st_mode & S_IFMT != S_IFLNK else {
            return TenancyError(
                .databaseUnreadable,
                "The database file \(path) is a symbolic link, which is not followed. Put the file itself there, or make its "
                    + "folder the link.", engine: .sqlite)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return TenancyError(
                .databaseUnreadable, "The database's path names something that is not a plain file.", engine: .sqlite)
        }
        guard access(path, R_OK | W_OK) == 0 else { return failure("opened") }
        if [EMFILE, ENFILE].contains(number) {
            return TenancyError(
                .connectionFailed,
                "The database file cannot be opened: the process has as many files open as it may (ulimit -n).",
                engine: .sqlite)
        }
        guard number != 0 else {
            return TenancyError(
                .connectionFailed, "The database file \(path) cannot be opened, and the system gives no reason.",
                engine: .sqlite)
        }
        errno = number
        return failure("opened")
    }

    private func status(of path: String) throws -> stat {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw openingFailure() }
        return status
    }

    private func syncFolder(_ folder: String) throws {
        guard DurableFolder.sync(folder) else { throw failure("made") }
    }

    private func failure(_ verb: String) -> TenancyError {
        let number = errno
        let reason = String(cString: strerror(number))
        let code: TenancyError.Code =
            switch number {
            case ENOSPC, EDQUOT: .diskFull
            case EACCES, EPERM, EROFS: .databaseUnreadable
            default: .ioFailure
            }
        return TenancyError(code, "The database file could not be \(verb): \(reason).", engine: .sqlite)
    }
}
