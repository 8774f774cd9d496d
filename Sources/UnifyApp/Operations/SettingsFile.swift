internal import Foundation
internal import Tenancy

/// A file with settings: those who may write it control the server, those who may read it know its secrets.
package struct SettingsFile: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The contents of a file `.env`.
    /// - Returns: nil if there is no file.
    /// - Throws: ``TenancyError`` `invalidConfiguration` if it cannot be read or should not be trusted.
    func text() throws -> DotEnvText? {
        try refuseStrangers()
        return try bytes().map(DotEnvText.init)
    }

    /// - Throws: ``TenancyError`` `invalidConfiguration` if anyone except this process's user and root owns the file
    ///   or may write it; nothing if there is no file.
    private func refuseStrangers() throws {
        guard let status = FileStatus(path) else { return }
        guard status.isOurs || status.owner == 0 else {
            throw refusal(
                "belongs to another user (number \(status.owner)), who controls this program through it. If its contents are "
                    + "right, run: chown \(geteuid()) \(path)")
        }
        // A user's own group has no other members, and files of mode 0664 are usual where users have one.
        let othersBits: UInt32 = status.isOurs && status.group == getegid() ? 0o002 : 0o022
        guard status.mode & othersBits == 0 else {
            throw refusal("can be changed by others. Look through it, then run: chmod 600 \(path)")
        }
        try refuseFolder()
    }

    /// The owner of a folder can put any file there; root has the most to lose.
    private func refuseFolder() throws {
        let folder = (path as NSString).deletingLastPathComponent
        guard geteuid() == 0, let status = FileStatus(folder.isEmpty ? "." : folder), status.owner != 0 else { return }
        throw refusal(
            "lies in a folder of another user's (number \(status.owner)), and this is root. Run it elsewhere.")
    }

    /// The file's bytes; nil if there is no file.
    private func bytes() throws -> [UInt8]? {
        // A pipe without a writer must not be waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let number = errno
            if number == ENOENT, FileStatus(ofLink: path) == nil { return nil }
            throw refusal(
                number == ENOENT
                    ? "is a link to a file that is not there."
                    : "cannot be read: \(String(cString: strerror(number))).")
        }
        defer { close(descriptor) }
        let kind = FileStatus(descriptor: descriptor)?.kind
        guard kind == .file else {
            throw refusal(
                kind == .folder
                    ? "is a folder. Move it away, or run this in another folder." : "is not a plain file.")
        }
        return try read(descriptor)
    }

    private func read(_ descriptor: Int32) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Foundation.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw refusal("cannot be read: \(String(cString: strerror(errno))).") }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= DotEnvText.maxBytes else {
                throw refusal("is larger than \(DotEnvText.maxBytes) bytes.")
            }
        }
    }

    /// Whether others may read secrets that are in the file.
    package var showsSecrets: Bool {
        // A file that cannot be read shows nothing, and is refused elsewhere.
        guard let status = FileStatus(path), status.mode & 0o044 != 0, let bytes = try? bytes() else { return false }
        return DotEnvText(bytes).entries.contains { entry in
            guard !entry.value.isEmpty, SettingNames.secrets.contains(entry.name) else { return false }
            return entry.name != "UNIFY_MAIN_DATABASE_URL" || entry.value.contains("@")
        }
    }

    /// The one line that the file holds, without blanks and line ends around it.
    /// - Parameter setting: names the file, for the error.
    func secret(for setting: String) throws -> String {
        try refuseStrangers()
        guard let status = FileStatus(path), let bytes = try bytes() else {
            throw TenancyError(.invalidConfiguration, "The file \(path) of \(setting) is missing or cannot be read.")
        }
        guard status.bitsTooOpenForSecret == 0 else { throw refusal("can be read by others. Run: chmod 600 \(path)") }
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let text = String(validating: bytes.dropFirst(hasMark ? 3 : 0), as: UTF8.self)?
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard let text, !text.isEmpty, !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else {
            throw TenancyError(
                .invalidConfiguration,
                "The file \(path) of \(setting) must hold one line of text in UTF-8, and no more.")
        }
        return text
    }

    private func refusal(_ what: String) -> TenancyError {
        TenancyError(.invalidConfiguration, "The file of settings \(path) \(what)")
    }
}
