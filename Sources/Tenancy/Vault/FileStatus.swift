internal import Foundation

/// Whose a file or folder is, and who may do what with it; of what a symbolic link leads to.
package struct FileStatus: Sendable {
    package enum Kind: Sendable { case file, folder, link, other }

    package let kind: Kind
    package let owner: UInt32
    package let group: UInt32
    /// The permission bits, those of groups and of others among them.
    package let mode: UInt32
    /// How many names it has.
    package let links: Int

    /// - Returns: nil if there is none, or it cannot be looked at; `errno` says why.
    package init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of a symbolic link itself.
    package init?(ofLink path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    package init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        owner = status.st_uid
        group = status.st_gid
        mode = status.st_mode & 0o7777
        links = Int(status.st_nlink)
    }

    /// Whether this process's user owns it.
    package var isOurs: Bool { owner == geteuid() }

    /// The permission bits that a file with a secret must not have. What root gives a service to read, as systemd does with
    /// its credentials, the service's group may read.
    package var bitsTooOpenForSecret: UInt32 { mode & (owner == 0 && geteuid() != 0 ? 0o037 : 0o077) }

    /// Gives a file that root has made to the owner of the folder it is in, so that the server, which is another user,
    /// can use it.
    package static func giveToOwner(of folder: String, _ descriptor: Int32) {
        guard geteuid() == 0, let status = FileStatus(folder), status.owner != 0 else { return }
        // If that fails the server says that it cannot read the file.
        _ = fchown(descriptor, status.owner, status.group)
    }
}
