internal import Foundation
internal import Synchronization

/// Makes folders for their owner alone. What root makes belongs to the owner of the folder it is in.
package enum OwnedFolder {
    /// Folders of which this process knows that they are on disk, with those above them.
    private static let known = Lock<Set<String>>([])
    private static let maxKnown = 4096

    /// Makes the folder and those above it if they are missing, each on disk before the next.
    ///
    /// A folder that is there may have been made a moment ago by somebody who has not flushed its name yet: what is put into
    /// it would be lost with it. So the folder's name, and that of the one above it, are flushed once by each process.
    /// - Returns: false if that failed; `errno` says why.
    package static func make(_ path: String) -> Bool {
        var missing: [String] = []
        var current = path
        while current != "/", !current.isEmpty, access(current, F_OK) != 0 {
            missing.append(current)
            current = (current as NSString).deletingLastPathComponent
        }
        for new in missing.reversed() where !makeOne(new) { return false }
        return !missing.isEmpty || known.withLock { $0.contains(path) } || syncNames(of: path)
    }

    private static func makeOne(_ path: String) -> Bool {
        let above = open(parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard above >= 0 else { return false }
        defer { close(above) }
        let name = (path as NSString).lastPathComponent
        if mkdirat(above, name, 0o700) == 0 {
            giveToOwner(of: above, name)
        } else if errno != EEXIST {
            return false
        }
        return fsync(above) == 0
    }

    /// Gives the folder itself away, never what its name leads to by then: the owner of the one above can exchange it.
    private static func giveToOwner(of above: Int32, _ name: String) {
        guard geteuid() == 0, let owner = FileStatus(descriptor: above), owner.owner != 0 else { return }
        let folder = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { return }
        defer { close(folder) }
        guard FileStatus(descriptor: folder)?.owner == 0 else { return }
        // If that fails the server says that it cannot use the folder.
        _ = fchown(folder, owner.owner, owner.group)
    }

    private static func syncNames(of path: String) -> Bool {
        let above = parent(of: path)
        // A folder above that may be used and not read cannot be flushed here; whoever made it has done so.
        for folder in [above, parent(of: above)] where access(folder, R_OK) == 0 {
            guard DurableFolder.sync(folder) else { return false }
        }
        known.withLock { known in
            if known.count >= maxKnown { known.removeAll() }
            known.insert(path)
        }
        return true
    }

    private static func parent(of path: String) -> String {
        let parent = (path as NSString).deletingLastPathComponent
        return parent.isEmpty ? "." : parent
    }
}
