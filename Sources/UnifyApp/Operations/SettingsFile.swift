internal import Foundation
internal import Tenancy

/// A file that settings come from: who may write it decides what the server does, who may read it knows its secrets.
package struct SettingsFile: Sendable {
    /// Settings whose values are secrets, or hold one.
    private static let secretNames = ["UNIFY_MASTER_KEY", "UNIFY_METRICS_TOKEN", "UNIFY_MAIN_DATABASE_URL"]

    package let path: String

    package init(path: String) { self.path = path }

    /// - Throws: ``TenancyError`` `invalidConfiguration` where somebody other than this process's user and root owns the
    ///   file or may write it; nothing where there is no file.
    func refuseStrangers() throws {
        guard let status = FileStatus(path) else { return }
        guard status.isOurs || status.owner == 0 else {
            throw refusal(
                "belongs to another user (number \(status.owner)), who decides by it what this program does. If it is right, "
                    + "run: chown \(geteuid()) \(path)")
        }
        // A user's own group has nobody else in it, and files of mode 0664 are usual where users have one.
        let othersBits: UInt32 = status.isOurs && status.group == getegid() ? 0o002 : 0o022
        guard status.mode & othersBits == 0 else {
            throw refusal("can be changed by others. Look through it, then run: chmod 600 \(path)")
        }
        try refuseFolder()
    }

    /// What is in a folder of somebody else's can be put there by them; root is the one to lose something.
    private func refuseFolder() throws {
        let folder = (path as NSString).deletingLastPathComponent
        guard geteuid() == 0, let status = FileStatus(folder.isEmpty ? "." : folder), status.owner != 0 else { return }
        throw refusal(
            "lies in a folder of another user's (number \(status.owner)), and this is root. Run it elsewhere.")
    }

    /// Whether others may read secrets that are in the file.
    package var showsSecrets: Bool {
        // A file that cannot be read shows nothing, and is refused elsewhere.
        guard let status = FileStatus(path), status.mode & 0o044 != 0,
            let text = try? String(contentsOfFile: path, encoding: .utf8)
        else { return false }
        return text.split(whereSeparator: \.isNewline).contains { line in
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, !parts[1].isEmpty, Self.secretNames.contains(parts[0]) else { return false }
            return parts[0] != "UNIFY_MAIN_DATABASE_URL" || parts[1].contains("@")
        }
    }

    /// The one line that the file holds.
    /// - Parameter setting: names the file, for the error.
    func secret(for setting: String) throws -> String {
        try refuseStrangers()
        guard let status = FileStatus(path), let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw TenancyError(.invalidConfiguration, "The file \(path) of \(setting) is missing or cannot be read.")
        }
        guard status.bitsTooOpenForSecret == 0 else { throw refusal("can be read by others. Run: chmod 600 \(path)") }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func refusal(_ what: String) -> TenancyError {
        TenancyError(.invalidConfiguration, "The file of settings \(path) \(what)")
    }
}
