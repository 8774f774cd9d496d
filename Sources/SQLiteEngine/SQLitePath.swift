internal import Foundation
internal import Tenancy

/// Resolves paths of databases whose folders may be symbolic links, such as `users/` on a larger disk. The file
/// itself must not be one: some programs would put its log beside the link, others beside the file.
enum SQLitePath {
    /// The path with its folders' symbolic links resolved.
    /// - Throws: ``TenancyError`` `databaseMissing` if the folder does not exist; `databaseUnreadable` if a link is
    ///   broken or circular, or its owner may not decide where it leads.
    static func resolved(_ path: String) throws -> String {
        let folder = (path as NSString).deletingLastPathComponent
        guard let real = realpath(folder, nil) else { throw failure(of: folder, errno) }
        defer { free(real) }
        let resolved = String(cString: real)
        guard resolved != folder else { return path }
        try requireOwn(links(in: folder), leadingTo: resolved)
        return "\(resolved)/\((path as NSString).lastPathComponent)"
    }

    /// As ``resolved(_:)``, but missing folders are no error.
    static func requireUsable(_ folder: String) throws {
        let links = links(in: folder)
        guard !links.isEmpty else { return }
        for link in links {
            try requireOwn([link], leadingTo: link)
            guard access(link, F_OK) == 0 else { throw failure(of: link, errno) }
        }
    }

    /// The symbolic links on the way to a folder, as far as they are visible.
    private static func links(in folder: String) -> [String] {
        var path = ""
        return folder.split(separator: "/").compactMap { part in
            path += "/\(part)"
            return isLink(path) ? path : nil
        }
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    private static func requireOwn(_ links: [String], leadingTo target: String) throws {
        for link in links {
            var (status, parent) = (stat(), stat())
            try requireOwnersFolder(link, target)
            // The owner of a link's folder can replace the link.
            guard lstat(link, &status) == 0, stat((link as NSString).deletingLastPathComponent, &parent) == 0,
                ![0, geteuid(), parent.st_uid].contains(status.st_uid)
            else { continue }
            throw unreadable(
                "The symbolic link \(link) belongs to user \(status.st_uid), and is not followed. Make it root's or the "
                    + "server's own: chown -h")
        }
    }

    /// Root may enter every folder, so a link of another user must lead to one of that user's own.
    private static func requireOwnersFolder(_ link: String, _ target: String) throws {
        var (status, folder) = (stat(), stat())
        guard geteuid() == 0, lstat(link, &status) == 0, status.st_uid != 0, stat(target, &folder) == 0,
            folder.st_uid != status.st_uid
        else { return }
        throw unreadable(
            "The symbolic link \(link) belongs to user \(status.st_uid) and leads to a folder of user \(folder.st_uid), where "
                + "root does not follow it. Make it root's: chown -h root")
    }

    private static func failure(of folder: String, _ number: Int32) -> TenancyError {
        let broken = links(in: folder).first { access($0, F_OK) != 0 }
        switch (number, broken) {
        case (ELOOP, let link):
            return unreadable("The symbolic link \(link ?? folder) leads back to itself. Point it at the folder.")
        case (ENOENT, let link?), (ENOTDIR, let link?):
            let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? "nothing"
            return unreadable(
                "The symbolic link \(link) leads to \(target), which is not there. Is its disk mounted?")
        case (ENOENT, nil), (ENOTDIR, nil):
            return TenancyError(
                .databaseMissing, "The database file is not there. Restore it from a backup.", engine: .sqlite)
        default:
            return unreadable("The folder \(folder) cannot be entered: \(String(cString: strerror(number))).")
        }
    }

    private static func unreadable(_ message: String) -> TenancyError {
        TenancyError(.databaseUnreadable, message, engine: .sqlite)
    }
}
