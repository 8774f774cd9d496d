internal import Foundation

/// The file that holds the root keys in base64, one a line: the current one first, then those that secrets may still be
/// sealed under.
public struct RootKeyFile: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    public var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// - Throws: ``TenancyError`` `keyMissing` where there is no file or it cannot be read, `keyWrong` where it holds
    ///   something else or where others than its owner may read it.
    public func read() throws -> [RootKey] {
        guard let status = FileStatus(path), let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw TenancyError(
                .keyMissing,
                "The root key file \(path) is missing or cannot be read. Restore it from where it is kept; "
                    + "without it no sealed password can be opened.")
        }
        guard status.bitsTooOpenForSecret == 0 else {
            throw TenancyError(.keyWrong, "Others may read the root key file \(path). Run: chmod 600 \(path)")
        }
        let keys = try text.split(whereSeparator: \.isNewline).map { try RootKey(base64: String($0)) }
        guard !keys.isEmpty else { throw TenancyError(.keyWrong, "The root key file \(path) is empty.") }
        return keys
    }

    /// Writes a new random key, mode 0600, and has it on disk when this returns. Fails where there is a file already.
    public func create() throws -> RootKey {
        let key = RootKey.random()
        guard folder.isEmpty || OwnedFolder.make(folder) else { throw cannotWrite() }
        try write([key], to: path)
        return key
    }

    /// Puts these keys in the place of those that are in the file: whole and on disk, or not at all.
    public func replace(with keys: [RootKey]) throws {
        let temporary = "\(path).new"
        // Left by a process that was stopped; nobody reads it.
        unlink(temporary)
        let old = FileStatus(path)
        try write(keys, to: temporary)
        // Whoever could read the old file can read the new one. Where that fails, the server says that it cannot.
        if let old, geteuid() == 0 { _ = lchown(temporary, old.owner, old.group) }
        guard rename(temporary, path) == 0, DurableFolder.sync(folder.isEmpty ? "." : folder) else {
            throw cannotWrite()
        }
    }

    private var folder: String { (path as NSString).deletingLastPathComponent }

    private func write(_ keys: [RootKey], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw cannotWrite() }
        defer { close(descriptor) }
        FileStatus.giveToOwner(of: folder.isEmpty ? "." : folder, descriptor)
        var bytes = Array(keys.map { $0.unsafeBase64() + "\n" }.joined().utf8)
        defer { RootKey.wipe(&bytes) }
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            DurableFolder.sync(folder.isEmpty ? "." : folder)
        else {
            unlink(path)
            throw cannotWrite()
        }
    }

    private func cannotWrite() -> TenancyError {
        TenancyError(.keyMissing, "The root key file \(path) cannot be written: \(String(cString: strerror(errno))).")
    }
}
