internal import Foundation

/// Makes folders for their owner alone. What root makes belongs to the owner of the folder it is in.
package enum OwnedFolder {
    /// Makes the folder and those above it where they are missing, each on disk before the next.
    /// - Returns: false where that failed; `errno` says why.
    package static func make(_ path: String) -> Bool {
        var missing: [String] = []
        var current = path
        while current != "/", !current.isEmpty, access(current, F_OK) != 0 {
            missing.append(current)
            current = (current as NSString).deletingLastPathComponent
        }
        for new in missing.reversed() {
            let parent = (new as NSString).deletingLastPathComponent
            let made = mkdir(new, 0o700)
            guard made == 0 || errno == EEXIST else { return false }
            if made == 0 { FileStatus.giveToOwner(of: parent.isEmpty ? "." : parent, path: new) }
            guard DurableFolder.sync(parent.isEmpty ? "." : parent) else { return false }
        }
        return true
    }
}
