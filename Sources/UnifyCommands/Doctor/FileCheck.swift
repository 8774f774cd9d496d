internal import Foundation
internal import Tenancy
internal import UnifyApp

/// Checks who may read and change an installation's files, and where its key is.
struct FileCheck {
    /// The most files listed for each kind of fault; further ones are counted.
    static let maxFindings = 20

    let settings: Settings

    func findings() -> [Finding] { modes() + settingsFile() + key() + superuser() }

    /// The installation's files; other files in the data directory are not checked.
    private var roots: [String] {
        let data = settings.dataDirectory
        let main = settings.mainDatabase.path ?? "\(data)/main.db"
        let files = [main, "\(main)-wal", "\(main)-shm"]
        return files + ["users", "removed-users", "main-database-witness"].map { "\(data)/\($0)" }
    }

    private func modes() -> [Finding] {
        let tree = FileTree(roots)
        let own = [settings.dataDirectory].compactMap { path in
            FileStatus(path).map { FileTree.Entry(path: path, status: $0) }
        }
        let entries = own + tree.entries
        let findings =
            Self.bounded(openToOthers(entries)) + Self.bounded(ofOthers(entries)) + Self.bounded(unusable(entries))
            + Self.bounded(
                tree.unreadable.map {
                    .fault("folder_unreadable", "The folder \($0) cannot be listed.", remedy: "chmod 700 \($0)")
                })
        return findings.isEmpty
            ? [.ok("file_modes", "The files are their owner's alone, and the owner can use them.")] : findings
    }

    private func openToOthers(_ entries: [FileTree.Entry]) -> [Finding] {
        entries.filter { $0.status.kind != .link && $0.status.mode & 0o077 != 0 }.map { entry in
            .fault(
                "file_open_to_others", "Others on this machine may look into \(entry.path), or change it.",
                remedy: "chmod go= \(entry.path)")
        }
    }

    /// Left by a command of another user, and of no use to the server.
    private func ofOthers(_ entries: [FileTree.Entry]) -> [Finding] {
        guard let owner = InstallationOwner(settings) else { return [] }
        // A volume often belongs to another user; what matters is its contents. A link's owner has no effect.
        let files = entries.filter { $0.path != settings.dataDirectory && $0.status.kind != .link }
        return files.filter { $0.status.owner != owner.number }.map { entry in
            .fault(
                "file_of_another_user",
                "\(entry.path) belongs to \(InstallationOwner.name(of: entry.status.owner)), and the server runs as "
                    + "\(owner.name): it cannot use it.",
                remedy: "chown \(owner.name): \(entry.path)")
        }
    }

    private func unusable(_ entries: [FileTree.Entry]) -> [Finding] {
        entries.compactMap { entry in
            let needed: UInt32 = entry.status.kind == .folder ? 0o700 : 0o600
            guard entry.status.kind != .link, entry.status.mode & needed != needed else { return nil }
            return .fault(
                "file_not_usable", "The owner of \(entry.path) may not read and change it.",
                remedy: "chmod u=\(needed == 0o700 ? "rwx" : "rw") \(entry.path)")
        }
    }

    private static func bounded(_ findings: [Finding]) -> [Finding] {
        guard findings.count > maxFindings, let first = findings.first else { return findings }
        return findings.prefix(maxFindings) + [
            .fault(
                first.code, "The same is true of \(findings.count - maxFindings) more files and folders.",
                remedy: first.remedy ?? "")
        ]
    }

    private func settingsFile() -> [Finding] {
        guard SettingsFile(path: ".env").showsSecrets else { return [] }
        return [
            .fault(
                "settings_open_to_others", "Others on this machine may read the secrets in .env.",
                remedy: "chmod 600 .env")
        ]
    }

    private func key() -> [Finding] {
        let folder = (settings.masterKeyFile as NSString).deletingLastPathComponent
        guard settings.masterKey == nil, folder == settings.dataDirectory else { return [] }
        return [
            .notice(
                "root_key_beside_data",
                "The root key lies in the data directory: whoever takes a copy of that has the key to its secrets.",
                remedy:
                    "move it elsewhere and set UNIFY_MASTER_KEY_FILE, or use LoadCredential as deploy/unify.service does"
            )
        ]
    }

    private func superuser() -> [Finding] {
        guard geteuid() == 0 else { return [] }
        return [
            .notice(
                "running_as_root", "This is root; a server needs no right of root's.",
                remedy: "run it as a user of its own, as deploy/unify.service does")
        ]
    }
}
