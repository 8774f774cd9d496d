internal import Foundation

/// The file that holds the root key in base64.
public struct RootKeyFile: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    public var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// - Throws: ``TenancyError`` `keyMissing` where there is no file or it cannot be read, `keyWrong` where it holds
    ///   something else or where others than its owner may read it.
    public func read() throws -> RootKey {
        var status = stat()
        guard stat(path, &status) == 0, let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw TenancyError(
                .keyMissing,
                "The root key file \(path) is missing or cannot be read. Restore it from where it is kept; "
                    + "without it no sealed password can be opened.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw TenancyError(.keyWrong, "Others may read the root key file \(path). Run: chmod 600 \(path)")
        }
        return try RootKey(base64: text)
    }

    /// Writes a new random key, mode 0600, and has it on disk when this returns. Fails where there is a file already.
    public func create() throws -> RootKey {
        let key = RootKey.random()
        let folder = (path as NSString).deletingLastPathComponent
        if !folder.isEmpty {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw cannotWrite() }
        defer { close(descriptor) }
        let bytes = Array((key.unsafeBase64() + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            Self.sync(folder: folder.isEmpty ? "." : folder)
        else {
            unlink(path)
            throw cannotWrite()
        }
        return key
    }

    /// Has the file's name on disk too.
    private static func sync(folder: String) -> Bool {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    private func cannotWrite() -> TenancyError {
        TenancyError(.keyMissing, "The root key file \(path) cannot be written: \(String(cString: strerror(errno))).")
    }
}
