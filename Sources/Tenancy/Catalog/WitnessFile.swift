internal import Foundation

/// An append-only record of the main database's states, kept beside it. It reveals that an older copy was restored,
/// or that the end of the audit log was cut off.
///
/// Each line is on disk before the caller continues. When there are too many lines, the oldest are removed.
struct WitnessFile: Sendable {
    static let maxBytes = 1_048_576
    /// The number of lines kept when there are too many.
    static let keptLines = 1000
    /// The number of main databases whose newest states are kept as well, the most recently written first.
    static let keptDatabases = 100
    /// How long to wait for another process that writes.
    static let lockLimit: Duration = .seconds(5)
    static let name = "main-database-witness"
    /// A hanging disk blocks only readers and writers of this file.
    private static let threads = WorkerThreads(name: "witness", maxThreads: 1, isApart: true)

    let path: String
    private let folder: String

    init(dataDirectory: String) {
        folder = dataDirectory
        path = "\(dataDirectory)/\(Self.name)"
    }

    /// All lines, oldest first; empty if there is no file. Incomplete lines are left out.
    /// - Throws: ``TenancyError`` `ioFailure` if the file exists but cannot be read.
    func lines() async throws -> [WitnessLine] { try await Self.threads.run { try readLines() } }

    /// Appends lines durably. After a kill, the file may have only the first of them.
    /// - Throws: ``TenancyError`` `diskFull`, `ioFailure`; also if another process writes for too long.
    func append(_ lines: [WitnessLine], time: any TimeSource) async throws {
        let start = time.monotonicNow
        var pause = Duration.milliseconds(5)
        while try await !Self.threads.run({ try appendIfFree(lines) }) {
            guard time.monotonicNow - start < Self.lockLimit else {
                throw TenancyError(.ioFailure, "The record of the main database, \(path), is held by another process.")
            }
            try await time.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(200))
        }
    }

    /// Checks that lines could be appended now, as far as the file and its folder tell.
    /// - Throws: ``TenancyError`` `diskFull`, `ioFailure`.
    func requireWritable() async throws {
        try await Self.threads.run {
            let status = FileStatus(ofLink: path)
            guard status?.kind == .link || access(status == nil ? folder : path, W_OK) == 0 else { throw cannotWrite() }
            guard status == nil || status?.kind == .file else {
                throw TenancyError(.ioFailure, "The record of the main database, \(path), is not a file.")
            }
        }
    }

    private func readLines() throws -> [WitnessLine] {
        do {
            guard let text = try OwnedFile.text(of: path) else { return [] }
            return text.split(whereSeparator: \.isNewline).compactMap(WitnessLine.init)
        } catch {
            throw TenancyError(
                .ioFailure, "The record of the main database, \(path), cannot be read. Restore it, or mend its mode.",
                cause: error)
        }
    }

    /// - Returns: false if another process is writing; nothing was done then.
    private func appendIfFree(_ lines: [WitnessLine]) throws -> Bool {
        // Held while the file may be replaced, so that no other process appends to the old file.
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw cannotWrite() }
        defer { close(directory) }
        guard flock(directory, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK || errno == EINTR { return false }
            throw cannotWrite()
        }
        var status = stat()
        let isNew = lstat(path, &status) != 0
        if !isNew, status.st_size > Self.maxBytes { try shorten() }
        // Starts with a line break, which ends a line that an interrupted write left open.
        guard let descriptor = try OwnedFile.openToAppend(path) else { throw cannotWrite() }
        try write("\n" + lines.map { $0.text + "\n" }.joined(), to: descriptor)
        guard !isNew || fsync(directory) == 0 else { throw cannotWrite() }
        return true
    }

    /// The newest lines, plus the facts about each main database that must outlive them: when it was last found to be
    /// an older copy, and since then, the newest state and the state with the newest audit log entry.
    static func shortened(_ all: [WitnessLine]) -> [WitnessLine] {
        let kept = all.suffix(keptLines)
        let older = all.dropLast(kept.count)
        var databases: [String] = []
        for line in all.reversed() where databases.count < keptDatabases && !databases.contains(line.databaseID) {
            databases.append(line.databaseID)
        }
        let beginnings = databases.flatMap { id -> [WitnessLine] in
            let known = older.filter { $0.databaseID == id }
            guard !known.isEmpty, !kept.contains(where: { $0.databaseID == id && $0.content == .restored }) else {
                return []
            }
            let marker = known.lastIndex { $0.content == .restored }
            let states = marker.map { known[($0 + 1)...] } ?? known[...]
            let furthest = states.max { $0.auditID < $1.auditID }
            return [marker.map { known[$0] }, furthest, states.last == furthest ? nil : states.last].compactMap { $0 }
        }
        return beginnings + kept
    }

    private func shorten() throws {
        let lines = Self.shortened(try readLines())
        let temporary = "\(path).new"
        // A leftover of a stopped process; nobody reads it.
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw cannotWrite() }
        FileStatus.giveToOwner(of: folder, descriptor)
        try write(lines.map { $0.text + "\n" }.joined(), to: descriptor)
        guard rename(temporary, path) == 0, DurableFolder.sync(folder) else { throw cannotWrite() }
    }

    /// Writes the text and closes the descriptor.
    private func write(_ text: String, to descriptor: Int32) throws {
        defer { close(descriptor) }
        var before = stat()
        guard fstat(descriptor, &before) == 0 else { throw cannotWrite() }
        let bytes = Array(text.utf8)
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            let error = cannotWrite()
            // Removes what was written before the disk was full: half a line has no meaning.
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
