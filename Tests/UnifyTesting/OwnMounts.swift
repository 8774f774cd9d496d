public import Foundation
internal import TenancyTesting

/// Disks and files that are mounted for chosen processes alone, for as long as this object lives.
public final class OwnMounts: Sendable {
    /// Whether this machine lets its user mount for itself.
    public static let areAllowed: Bool = {
        let command = ["/usr/bin/unshare", "-rm", "mount", "-t", "tmpfs", "none", "/tmp"]
        return (try? ChildProcess.run(command, errors: .nothing)) == 0
    }()

    private let holder: ChildProcess
    private let folder: String

    /// A program and its arguments, which runs the program given as its last ones among these mounts.
    public var wrapper: [String] {
        [
            "/usr/bin/nsenter", "--target", "\(holder.identifier)", "--user", "--mount", "--preserve-credentials",
            "--wd=\(folder)",
        ]
    }

    /// - Parameters:
    ///   - script: mounts them.
    ///   - folder: where the script works.
    public init(_ script: String, folder: String) async throws {
        let ready = "\(folder)/mounted-\(UUID().uuidString)"
        // It ends by itself if the tests are killed.
        let hold = "\(script) && touch \"$0\" && exec sleep 300"
        let holder = try ChildProcess(["/usr/bin/unshare", "-rm", "/bin/sh", "-ec", hold, ready], folder: folder)
        (self.holder, self.folder) = (holder, folder)
        try await eventually("mounted: \(script)") {
            guard holder.status == nil else { throw TestFailure("cannot be mounted: \(script)") }
            return FileManager.default.fileExists(atPath: ready)
        }
    }

    deinit { holder.send(SIGKILL) }
}
