internal import Foundation

/// A record, beside the main database, of permanently removed users. A restored copy of the main database contains
/// users who were removed since; this file identifies them.
///
/// Append-only, one line per user: number, creation date of the account, date of removal.
struct TombstoneFile: Sendable {
    struct Entry: Sendable, Hashable {
        let userID: UserID
        /// Numbers may be reused after an old main database was restored; a number together with this date is not.
        let createdAt: Timestamp
        let removedAt: Timestamp
    }

    let path: String
    /// A slow disk holds up one of these, and no task of others.
    private let threads = WorkerThreads(name: "removed-users", maxThreads: 1)

    init(dataDirectory: String) { path = "\(dataDirectory)/removed-users" }

    /// Appends a line durably.
    /// - Throws: ``TenancyError`` `ioFailure`.
    func append(_ entry: Entry) async throws { try await threads.run { try write(entry) } }

    private func write(_ entry: Entry) throws {
        guard let descriptor = try OwnedFile.openToAppend(path) else { throw cannotWrite() }
        defer { close(descriptor) }
        // Starts with a line break, which ends a line that an interrupted write left open.
        let line = "\n\(entry.userID) \(entry.createdAt.rfc3339) \(entry.removedAt.rfc3339)\n"
        let bytes = Array(line.utf8)
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw cannotWrite()
        }
        // Even if another process has made the file: it may not have flushed the file's name yet.
        guard DurableFolder.sync((path as NSString).deletingLastPathComponent) else { throw cannotWrite() }
    }

    /// All lines; empty if there is no file. Incomplete lines are left out.
    /// - Throws: ``TenancyError`` `ioFailure` if the file exists but cannot be read.
    func entries() async throws -> Set<Entry> { try await threads.run { try read() } }

    private func read() throws -> Set<Entry> {
        do {
            guard let text = try OwnedFile.text(of: path) else { return [] }
            return Set(text.split(whereSeparator: \.isNewline).compactMap(Self.entry))
        } catch {
            throw TenancyError(
                .ioFailure, "The record of removed users, \(path), cannot be read. Restore it, or mend its mode.",
                cause: error)
        }
    }

    private static func entry(_ line: Substring) -> Entry? {
        let parts = line.split(separator: " ")
        guard parts.count == 3, let number = Int64(parts[0]), let userID = UserID(number),
            let createdAt = Timestamp(rfc3339: String(parts[1])), let removedAt = Timestamp(rfc3339: String(parts[2]))
        else { return nil }
        return Entry(userID: userID, createdAt: createdAt, removedAt: removedAt)
    }

    private func cannotWrite() -> TenancyError {
        TenancyError(
            errno == ENOSPC ? .diskFull : .ioFailure,
            "The record of removed users, \(path), cannot be written: \(String(cString: strerror(errno))).")
    }
}
