internal import Foundation

/// A new, empty folder for a test; removed with its contents when the object is released.
public final class TemporaryDirectory: Sendable {
    /// The absolute path, without symbolic links: SQLite is told not to follow any.
    public let path: String

    /// - Parameter prefix: the prefix of the folder's name.
    /// - Throws: an error if the folder for temporary files is not writable.
    public init(prefix: String = "unify-test") throws {
        let parent = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        let folder = parent.appendingPathComponent("\(prefix)-\(UUID().uuidString.lowercased())")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        path = folder.path
    }

    /// The path of an item in the folder.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The relative paths of everything in the folder, recursively, sorted.
    public func contents() -> [String] {
        // A removed folder has no contents.
        ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).sorted()
    }

    deinit {
        // If it cannot be removed, the system clears it later; the test itself is over.
        try? FileManager.default.removeItem(atPath: path)
    }
}
