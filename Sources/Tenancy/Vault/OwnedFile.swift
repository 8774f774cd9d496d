internal import Foundation

/// Files with a fixed name, in a folder that another user may own. That user can put a link or a pipe under the name;
/// root must not follow it, wait for it, or give away the file that it leads to.
enum OwnedFile {
    private static let guardedFlags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK

    /// Opens a file for appending, and makes it if it is missing. A file that root makes belongs to the folder's
    /// owner; an existing file keeps its owner.
    /// - Returns: nil on failure; see `errno`.
    /// - Throws: ``TenancyError`` `ioFailure` if the name belongs to anything but a file in this folder.
    static func openToAppend(_ path: String) throws -> Int32? {
        let folder = open(parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return nil }
        defer { close(folder) }
        let name = (path as NSString).lastPathComponent
        let flags = O_WRONLY | O_APPEND | guardedFlags
        let made = openat(folder, name, flags | O_CREAT | O_EXCL, 0o600)
        if made >= 0 {
            giveToOwner(of: folder, made)
            return made
        }
        guard errno == EEXIST else { return nil }
        let found = openat(folder, name, flags)
        guard found >= 0 else {
            if isForeign(errno) { throw refusal(of: path) }
            return nil
        }
        guard let status = FileStatus(descriptor: found), let owner = FileStatus(descriptor: folder)?.owner,
            status.kind == .file, status.links == 1, status.isOurs || status.owner == owner
        else {
            close(found)
            throw refusal(of: path)
        }
        return found
    }

    /// The contents of a file; nil if there is none.
    /// - Parameter isLinkFollowed: whether the name may be a symbolic link, as a mounted secret's is.
    /// - Throws: ``TenancyError`` `ioFailure` if it cannot be read or is not a regular file.
    static func text(of path: String, isLinkFollowed: Bool = false) throws -> String? {
        let descriptor = open(path, O_RDONLY | (isLinkFollowed ? guardedFlags & ~O_NOFOLLOW : guardedFlags))
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw isForeign(errno) ? refusal(of: path) : cannotRead(path)
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard FileStatus(descriptor: descriptor)?.kind == .file else { throw refusal(of: path) }
        guard let text = String(data: try file.readToEnd() ?? Data(), encoding: .utf8) else { throw cannotRead(path) }
        return text
    }

    private static func giveToOwner(of folder: Int32, _ file: Int32) {
        guard geteuid() == 0, let status = FileStatus(descriptor: folder), status.owner != 0 else { return }
        // If this fails, the server reports that it cannot read the file.
        _ = fchown(file, status.owner, status.group)
    }

    /// A symbolic link, or a pipe or socket without a reader.
    private static func isForeign(_ number: Int32) -> Bool { [ELOOP, ENXIO].contains(number) }

    private static func parent(of path: String) -> String {
        let parent = (path as NSString).deletingLastPathComponent
        return parent.isEmpty ? "." : parent
    }

    private static func refusal(of path: String) -> TenancyError {
        TenancyError(
            .ioFailure,
            "\(path) is not a plain file of the server's user with this one name. It was not touched. See who put it there, "
                + "and move it away.")
    }

    private static func cannotRead(_ path: String) -> TenancyError {
        TenancyError(.ioFailure, "\(path) cannot be read: \(String(cString: strerror(errno))).")
    }
}
