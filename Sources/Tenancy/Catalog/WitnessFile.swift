internal import Foundation

/// A record, beside the main database, of states that it was in: by it an older copy that is put back is told apart, and an
/// audit log whose end was cut off.
///
/// Lines are added, each on disk before the next thing is done; when there are too many the oldest go.
struct WitnessFile: Sendable {
    static let maxBytes = 1_048_576
    /// The lines that stay when there are too many.
    static let keptLines = 1000

    let path: String
    private let folder: String

    init(dataDirectory: String) {
        folder = dataDirectory
        path = "\(dataDirectory)/main-database-witness"
    }

    /// All lines, the oldest first; none where there is no file. Lines that are not whole are left out.
    /// - Throws: ``TenancyError`` `ioFailure` where there is a file that cannot be read.
    func lines() throws -> [WitnessLine] {
        guard access(path, F_OK) == 0 else { return [] }
        do {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            return text.split(whereSeparator: \.isNewline).compactMap(WitnessLine.init)
        } catch {
            throw TenancyError(
                .ioFailure, "The record of the main database, \(path), cannot be read. Restore it, or mend its mode.",
                cause: error)
        }
    }

    /// Adds lines, all of them or, after a kill, those that were written; has them on disk when this returns.
    /// - Throws: ``TenancyError`` `diskFull`, `ioFailure`.
    func append(_ lines: [WitnessLine]) throws {
        // Held while the file may be replaced, so that no line of another process goes to the old one.
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0, flock(directory, LOCK_EX) == 0 else { throw cannotWrite() }
        defer { close(directory) }
        var status = stat()
        let isNew = stat(path, &status) != 0
        if !isNew, status.st_size > Self.maxBytes { try shorten() }
        // Begins with the end of a line that an interrupted write may have left open.
        try write("\n" + lines.map { $0.text + "\n" }.joined(), to: path, flags: O_APPEND)
        guard !isNew || fsync(directory) == 0 else { throw cannotWrite() }
    }

    /// Keeps the newest lines, and of those before them the one that knows the newest entry of the audit log.
    private func shorten() throws {
        let all = try lines()
        let kept = all.suffix(Self.keptLines)
        let furthest = all.dropLast(kept.count).max { $0.auditID < $1.auditID }
        let temporary = "\(path).new"
        // Left by a process that was stopped; nobody reads it.
        unlink(temporary)
        try write(([furthest].compactMap { $0 } + kept).map { $0.text + "\n" }.joined(), to: temporary, flags: O_EXCL)
        guard rename(temporary, path) == 0, DurableFolder.sync(folder) else { throw cannotWrite() }
    }

    private func write(_ text: String, to path: String, flags: Int32) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o600)
        guard descriptor >= 0 else { throw cannotWrite() }
        defer { close(descriptor) }
        FileStatus.giveToOwner(of: folder, descriptor)
        var before = stat()
        guard fstat(descriptor, &before) == 0 else { throw cannotWrite() }
        let bytes = Array(text.utf8)
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            let error = cannotWrite()
            // Takes back what a full disk let through: half a line says nothing.
            ftruncate(descriptor, before.st_size)
            throw error
        }
    }

    private func cannotWrite() -> TenancyError {
        TenancyError(
            errno == ENOSPC ? .diskFull : .ioFailure,
            "The record of the main database, \(path), cannot be written: \(String(cString: strerror(errno))).")
    }
}

extension WitnessLine {
    fileprivate var auditID: Int64 {
        guard case .state(_, _, let id, _) = content else { return 0 }
        return id
    }
}
