internal import Foundation
internal import Tenancy

/// Paths of databases whose folders may be symbolic links, such as `users/` on a larger disk. The file itself may not be
/// one: its log would lie beside the link for some programs, and beside the file for others.
enum SQLitePath {
    /// The path with the links of its folders followed.
    /// - Throws: ``TenancyError`` `databaseMissing` if there is no such folder, `databaseUnreadable` if a link leads
    ///   nowhere, in a circle, or is somebody's who may not decide what is there.
    static func resolved(_ path: String) throws -> String {
        let folder = (path as NSString).deletingLastPathComponent
        guard let real = realpath(folder, nil) else { throw failure(of: folder, errno) }
        defer { free(real) }
        let resolved = String(cString: real)
        guard resolved != folder else { return path }
        try requireOwn(links(in: folder))
        return "\(resolved)/\((path as NSString).lastPathComponent)"
    }

    /// As ``resolved(_:)``, where folders that are not there yet are no fault.
    static func requireUsable(_ folder: String) throws {
        let links = links(in: folder)
        guard !links.isEmpty else { return }
        try requireOwn(links)
        for link in links where access(link, F_OK) != 0 { throw failure(of: link, errno) }
    }

    /// Those on the way to a folder, as far as they can be seen.
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

    private static func requireOwn(_ links: [String]) throws {
        for link in links {
            var (status, parent) = (stat(), stat())
            // Whoever owns the folder that a link is in may put there what they like.
            guard lstat(link, &status) == 0, stat((link as NSString).deletingLastPathComponent, &parent) == 0,
                ![0, geteuid(), parent.st_uid].contains(status.st_uid)
            else { continue }
            throw unreadable(
                "The symbolic link \(link) belongs to user \(status.st_uid), and is not followed. Make it root's or the "
                    + "server's own: chown -h")
        }
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
