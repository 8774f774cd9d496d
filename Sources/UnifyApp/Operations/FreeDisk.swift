internal import Foundation

/// What is left on a disk.
public enum FreeDisk {
    /// Bytes that this user may still write to the file system of a path; nil where it cannot be asked.
    public static func bytes(at path: String) -> Int64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int64(status.f_bavail) * Int64(status.f_frsize)
    }
}
