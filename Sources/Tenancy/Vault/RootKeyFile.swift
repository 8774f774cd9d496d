internal import Foundation

/// The file of root keys in base64, one per line: first the current key, then the keys of older secrets.
public struct RootKeyFile: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    public var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// - Throws: ``TenancyError`` `keyMissing` if the file is missing or unreadable, `keyWrong` if it contains
    ///   anything else or others than its owner may read it.
    public func read() throws -> [RootKey] {
        // The reason does not change what the operator should do.
        guard let status = FileStatus(path), let text = try? OwnedFile.text(of: path, isLinkFollowed: true) else {
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

    /// Writes a new random key durably, mode 0600. The file is complete when it appears, even after a kill.
    /// - Returns: nil if the file exists; it is left unchanged.
    @discardableResult
    public func create() throws -> RootKey? {
        let key = RootKey.random()
        guard OwnedFolder.make(folder) else { throw cannotWrite() }
        return try locked {
            let temporary = try write([key])
            defer { unlink(temporary) }
            if link(temporary, path) != 0 {
                if errno == EEXIST { return nil }
                // Not every file system has hard links. Whoever writes holds the lock.
                guard [EPERM, ENOTSUP, EMLINK].contains(errno) else { throw cannotWrite() }
                if access(path, F_OK) == 0 { return nil }
                guard rename(temporary, path) == 0 else { throw cannotWrite() }
            }
            guard DurableFolder.sync(folder) else { throw cannotWrite() }
            return key
        }
    }

    /// Replaces the keys in the file: completely and durably, or not at all. Concurrent updates run one after the
    /// other.
    /// - Parameter change: takes the file's keys; returns the new ones, the current one first, or nil to leave the
    ///   file unchanged.
    public func update(_ change: ([RootKey]) throws -> [RootKey]?) throws {
        try locked {
            guard let keys = try change(try read()) else { return }
            let temporary = try write(keys, like: FileStatus(path))
            guard rename(temporary, path) == 0 else {
                let error = cannotWrite()
                unlink(temporary)
                throw error
            }
            guard DurableFolder.sync(folder) else { throw cannotWrite() }
        }
    }

    private var folder: String {
        let folder = (path as NSString).deletingLastPathComponent
        return folder.isEmpty ? "." : folder
    }

    private func locked<Result>(_ body: () throws -> Result) throws -> Result {
        let result = try DurableFolder.withLock(on: folder) {
            removeLeftovers()
            return Optional(try body())
        }
        guard case .some(.some(let value)) = result else { throw cannotWrite() }
        return value
    }

    /// Removes leftovers of interrupted processes. Nobody reads them, and a writer holds the lock.
    private func removeLeftovers() {
        let beginning = "\((path as NSString).lastPathComponent).new-"
        // The write that follows reports an unreadable folder.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix(beginning) { unlink("\(folder)/\(name)") }
    }

    /// Writes keys durably to a new file.
    /// - Parameter old: the file that it will replace, whose readers may read the new one.
    /// - Returns: its path.
    private func write(_ keys: [RootKey], like old: FileStatus? = nil) throws -> String {
        let temporary = "\(path).new-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw cannotWrite() }
        defer { close(descriptor) }
        if let old, geteuid() == 0 {
            // If this fails, the server reports that it cannot read the file.
            _ = fchown(descriptor, old.owner, old.group)
            _ = fchmod(descriptor, old.mode & 0o777)
        } else {
            FileStatus.giveToOwner(of: folder, descriptor)
        }
        var bytes = Array(keys.map { $0.unsafeBase64() + "\n" }.joined().utf8)
        defer { RootKey.wipe(&bytes) }
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            let error = cannotWrite()
            unlink(temporary)
            throw error
        }
        return temporary
    }

    private func cannotWrite() -> TenancyError {
        TenancyError(.keyMissing, "The root key file \(path) cannot be written: \(String(cString: strerror(errno))).")
    }
}
