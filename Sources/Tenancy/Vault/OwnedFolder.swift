internal import Foundation
internal import Synchronization

/// Makes folders for their owner alone. What root makes belongs to the owner of the folder it is in.
package enum OwnedFolder {
    /// Folders of which this process knows that they are on disk, with those above them.
    private static let known = Lock<Set<String>>([])
    private static let maxKnown = 4096

    /// Makes the folder and those above it where they are missing, each on disk before the next.
    ///
    /// A folder that is there may have been made a moment ago by somebody who has not flushed its name yet: what is put into
    /// it would be lost with it. So the folder's name, and that of the one above it, are flushed once by each process.
    /// - Returns: false where that failed; `errno` says why.
    package static func make(_ path: String) -> Bool {
        var missing: [String] = []
        var current = path
        while current != "/", !current.isEmpty, access(current, F_OK) != 0 {
            missing.append(current)
            current = (current as NSString).deletingLastPathComponent
        }
        for new in missing.reversed() {
            let made = mkdir(new, 0o700)
            guard made == 0 || errno == EEXIST else { return false }
            if made == 0 { FileStatus.giveToOwner(of: parent(of: new), path: new) }
            guard DurableFolder.sync(parent(of: new)) else { return false }
        }
        return !missing.isEmpty || known.withLock { $0.contains(path) } || syncNames(of: path)
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
