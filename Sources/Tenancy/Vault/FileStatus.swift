internal import Foundation

/// The owner and permissions of a file or folder; symbolic links are followed.
package struct FileStatus: Sendable {
    package enum Kind: Sendable { case file, folder, link, other }

    package let kind: Kind
    package let owner: UInt32
    package let group: UInt32
    /// The permission bits, including those of group and others.
    package let mode: UInt32
    /// The number of hard links.
    package let links: Int

    /// - Returns: nil if there is none or it is inaccessible; see `errno`.
    package init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// The status of a symbolic link itself.
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

    /// The permission bits that a secret file must not have. For a file of root's, as systemd provides credentials,
    /// the service's group may read it.
    package var bitsTooOpenForSecret: UInt32 { mode & (owner == 0 && geteuid() != 0 ? 0o037 : 0o077) }

    /// Gives a file that root has made to the owner of its folder, so that the server, which runs as another user,
    /// can use it.
    package static func giveToOwner(of folder: String, _ descriptor: Int32) {
        guard geteuid() == 0, let status = FileStatus(folder), status.owner != 0 else { return }
        // If this fails, the server reports that it cannot read the file.
        _ = fchown(descriptor, status.owner, status.group)
    }
}
