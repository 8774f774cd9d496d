internal import Foundation

/// A record, beside the main database, of the users who were removed for good: a copy of the main database that is put back
/// holds those who were removed since, and this file tells them apart from everybody else.
///
/// One line a user: their number, when their account was made, when they were removed. It is only ever added to.
struct TombstoneFile: Sendable {
    struct Entry: Sendable, Hashable {
        let userID: UserID
        /// Numbers may be given again after an old main database was put back; a number together with this is not.
        let createdAt: Timestamp
        let removedAt: Timestamp
    }

    let path: String

    init(dataDirectory: String) { path = "\(dataDirectory)/removed-users" }

    /// Adds a line, and has it on disk when this returns.
    /// - Throws: ``TenancyError`` `ioFailure`.
    func append(_ entry: Entry) throws {
        guard let descriptor = try OwnedFile.openToAppend(path) else { throw cannotWrite() }
        defer { close(descriptor) }
        // Begins with the end of a line that an interrupted write may have left open.
        let line = "\n\(entry.userID) \(entry.createdAt.rfc3339) \(entry.removedAt.rfc3339)\n"
        let bytes = Array(line.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else { throw cannotWrite() }
        // Also where another process has made the file, and may not have flushed its name yet.
        guard DurableFolder.sync((path as NSString).deletingLastPathComponent) else { throw cannotWrite() }
    }

    /// All lines; none if there is no file. Lines that are not whole are left out.
    /// - Throws: ``TenancyError`` `ioFailure` if there is a file that cannot be read.
    func entries() throws -> Set<Entry> {
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
