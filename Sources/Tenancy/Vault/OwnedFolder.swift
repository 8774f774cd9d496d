internal import Foundation
internal import Synchronization

/// Makes folders that only their owner can access. A folder that root makes belongs to the owner of its parent.
package enum OwnedFolder {
    /// Folders that this process knows to be on disk, together with their parents.
    private static let known = Lock<Set<String>>([])
    private static let maxKnown = 4096

    /// Makes the folder and its missing parents, each durably before the next.
    ///
    /// An existing folder may have been made by another process that has not flushed its name yet, and its contents
    /// would be lost with it. So each process flushes the folder's name, and its parent's, once.
    /// - Returns: false on failure; see `errno`.
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

    /// Changes the owner of the folder itself, never of what its name leads to: the parent's owner could exchange it.
    private static func giveToOwner(of above: Int32, _ name: String) {
        guard geteuid() == 0, let owner = FileStatus(descriptor: above), owner.owner != 0 else { return }
        let folder = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { return }
        defer { close(folder) }
        guard FileStatus(descriptor: folder)?.owner == 0 else { return }
        // If this fails, the server reports that it cannot use the folder.
        _ = fchown(folder, owner.owner, owner.group)
    }

    private static func syncNames(of path: String) -> Bool {
        let above = parent(of: path)
        // A parent that may be used but not read cannot be flushed here; its maker has done so.
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
