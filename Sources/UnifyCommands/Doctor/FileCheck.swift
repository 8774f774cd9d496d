internal import Foundation
internal import Tenancy
internal import UnifyApp

/// Looks at who may read and change what an installation keeps in files, and where its key is.
struct FileCheck {
    let settings: Settings

    func findings() -> [Finding] { modes() + settingsFile() + key() + superuser() }

    private func modes() -> [Finding] {
        let data = settings.dataDirectory
        let names = ["main.db", "users", "removed-users", "main-database-witness"]
        let main = settings.mainDatabase.path.map { [$0] } ?? []
        let paths = [data] + names.map { "\(data)/\($0)" } + main
        let open = Set(paths).sorted().filter { path in
            FileStatus(path).map { $0.mode & 0o077 != 0 } ?? false
        }
        guard !open.isEmpty else { return [.ok("file_modes", "The files are their owner's alone.")] }
        return open.map { path in
            .fault(
                "file_open_to_others", "Others on this machine may look into \(path), or change it.",
                remedy: "chmod go= \(path)")
        }
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
