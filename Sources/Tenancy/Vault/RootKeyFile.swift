internal import Foundation

/// The file that holds the root keys in base64, one a line: the current one first, then those that secrets may still be
/// sealed under.
public struct RootKeyFile: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    public var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// - Throws: ``TenancyError`` `keyMissing` if there is no file or it cannot be read, `keyWrong` if it holds
    ///   something else or where others than its owner may read it.
    public func read() throws -> [RootKey] {
        // Why it cannot be read changes nothing about what is to be done.
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

    /// Writes a new random key, mode 0600, and has it on disk when this returns. The file is whole when it appears, also
    /// after a kill.
    /// - Returns: nil if there is a file already, which stays as it is.
    @discardableResult
    public func create() throws -> RootKey? {
        let key = RootKey.random()
        guard OwnedFolder.make(folder) else { throw cannotWrite() }
        return try locked {
            let temporary = try write([key])
            defer { unlink(temporary) }
            guard link(temporary, path) == 0 else {
                guard errno == EEXIST else { throw cannotWrite() }
                return nil
            }
            guard DurableFolder.sync(folder) else { throw cannotWrite() }
            return key
        }
    }

    /// Puts other keys in the place of those that are in the file: whole and on disk, or not at all. Of several who do so at
    /// once, each sees what the one before has written.
    /// - Parameter change: given the keys of the file; returns those that it is to hold, the current one first, or nil to leave
    ///   it as it is.
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

    /// What processes that were stopped have left. Nobody reads it, and whoever writes holds the lock.
    private func removeLeftovers() {
        let beginning = "\((path as NSString).lastPathComponent).new-"
        // A folder that cannot be read is found out about by whoever writes into it.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix(beginning) { unlink("\(folder)/\(name)") }
    }

    /// Writes keys into a file that nobody else has, and has them on disk when this returns.
    /// - Parameter old: the file whose place it is to take: who could read that one can read this one.
    /// - Returns: its path.
    private func write(_ keys: [RootKey], like old: FileStatus? = nil) throws -> String {
        let temporary = "\(path).new-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw cannotWrite() }
        defer { close(descriptor) }
        if let old, geteuid() == 0 {
            // If that fails the server says that it cannot read the file.
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
