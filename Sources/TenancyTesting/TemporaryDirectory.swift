internal import Foundation

/// A new, empty folder of its own for a test. It is removed with all that is in it when nobody holds the object any more.
public final class TemporaryDirectory: Sendable {
    /// The absolute path, without symbolic links in it: SQLite is told not to follow any.
    public let path: String

    /// - Parameter prefix: how the folder's name begins.
    /// - Throws: where the folder for temporary files may not be written.
    public init(prefix: String = "unify-test") throws {
        let parent = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        let folder = parent.appendingPathComponent("\(prefix)-\(UUID().uuidString.lowercased())")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        path = folder.path
    }

    /// The path of something in the folder.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The names of everything in the folder and the folders below it, as paths from here, sorted.
    public func contents() -> [String] {
        // A folder that is gone has nothing in it.
        ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).sorted()
    }

    deinit {
        // Left for the system to clear where it cannot be removed; the test itself is over.
        try? FileManager.default.removeItem(atPath: path)
    }
}
