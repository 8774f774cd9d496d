/// What the doctor can find: the one table of its codes. docs/operations.md repeats it, which a test compares.
struct FindingCode: Encodable {
    let code: String
    let meaning: String
    let remedy: String
    /// Where else it shows, besides the doctor.
    let shown: String
    /// Why no test produces the fault and follows the remedy; nil if one does.
    let untested: String?

    private init(_ code: String, _ meaning: String, remedy: String, shown: String = "-", untested: String? = nil) {
        (self.code, self.meaning, self.remedy, self.shown, self.untested) = (code, meaning, remedy, shown, untested)
    }

    /// The row of the table in the documentation.
    var row: String { "| `\(code)` | \(meaning) | \(remedy) | \(shown) | \(untested ?? "yes") |" }

    private enum CodingKeys: String, CodingKey { case code, meaning, remedy, shown, untested, row }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(code, forKey: .code)
        try container.encode(meaning, forKey: .meaning)
        try container.encode(remedy, forKey: .remedy)
        try container.encode(shown, forKey: .shown)
        try container.encodeIfPresent(untested, forKey: .untested)
        try container.encode(row, forKey: .row)
    }

    static let all: [FindingCode] = [
        FindingCode(
            "invalid_configuration",
            "a setting is unknown or has a bad value",
            remedy: "correct or remove it; `unify serve --help`",
            shown: "at start"),
        FindingCode(
            "descriptor_limit_too_low",
            "the process may open fewer than 1,024 files",
            remedy: "`ulimit -n 65536`, start again"),
        FindingCode(
            "disk_nearly_full",
            "less than 200 MB free",
            remedy: "free space"),
        FindingCode(
            "disk_reserve",
            "less than `UNIFY_DISK_RESERVE_MB` free: the server stores nothing more",
            remedy: "free space, or lower the setting",
            shown: "answers 507"),
        FindingCode(
            "disk_unknown",
            "the free space cannot be read",
            remedy: "see why with `df -h`, and bring that disk back"),
        FindingCode(
            "database_missing",
            "of a user: the file is missing; of the main database: there is no main database, or it was lost "
                + "beside the users' databases",
            remedy:
                "put a copy back; without one `unify database repair USER_ID --start-empty`; for the main database: "
                + "`unify setup create-table` for a new installation; otherwise [restore it](#if-maindb-is-lost)",
            shown: "lists, console, /readyz, metrics"),
        FindingCode(
            "key_missing",
            "the root key is missing, is the wrong one, or can be read by others",
            remedy: "put the right key back, mode 0600",
            shown: "at start"),
        FindingCode(
            "key_wrong",
            "the root key is missing, is the wrong one, or can be read by others",
            remedy: "put the right key back, mode 0600",
            shown: "at start"),
        FindingCode(
            "wrong_context",
            "the program does not keep contexts apart",
            remedy: "stop it and install a build whose tests pass",
            untested: "needs a program that is broken itself; the tests of such a build fail"),
        FindingCode(
            "mode_conflict",
            "`MULTI_TENANT_MODE` contradicts the recorded mode, or the installation records no mode and holds "
                + "data of both",
            remedy: "set it to the recorded mode, or run `unify mode set`",
            shown: "at start"),
        FindingCode(
            "mode_off",
            "the installation is in single-database mode; this is a fault if users have databases, because the "
                + "mode hides them",
            remedy: "`unify mode set multi-tenant`"),
        FindingCode(
            "shared_rows_left",
            "the installation is in multi-tenant mode, which hides the rows in the shared tables",
            remedy: "a notice: they can stay, to be copied over later; `unify mode set single` shows them again"),
        FindingCode(
            "job_left_behind",
            "nobody works on an unfinished job, for more than a minute",
            remedy: "run the command that the doctor prints; a running server finishes the job too",
            shown: "console, GET /admin/jobs"),
        FindingCode(
            "user_database_not_found",
            "a user has no database",
            remedy: "`unify setup init USER_ID`"),
        FindingCode(
            "database_not_ready",
            "a database was reserved but not activated, or is being removed",
            remedy: "as for `job_left_behind`"),
        FindingCode(
            "database_corrupt",
            "the file is damaged",
            remedy: "put a sound copy back; without one `unify database repair USER_ID --start-empty`",
            shown: "lists, console, /readyz, metrics"),
        FindingCode(
            "wrong_database",
            "the stamp is missing or belongs to another user",
            remedy: "if two users' files were swapped, `unify database repair USER_ID --swap-back` "
                + "([steps](#if-two-database-files-were-swapped)); otherwise put the user's own file back; without it "
                + "`--start-empty`",
            shown: "lists, console, /readyz, metrics"),
        FindingCode(
            "schema_too_new",
            "a newer version of Unify has changed the database",
            remedy: "use that version, or put back a copy from before",
            shown: "lists, console, /readyz, metrics"),
        FindingCode(
            "schema_too_old",
            "the main database lacks what a newer version of Unify needs; only `unify serve` and `unify setup` "
                + "upgrade it",
            remedy: "`unify setup create-table`"),
        FindingCode(
            "migration_conflict",
            "a migration that the main database has is another one in this program",
            remedy: "use the version of Unify that migrated it, or put back what stood in `Schema_Migrations`, from a "
                + "backup"),
        FindingCode(
            "busy",
            "another program has a database locked for more than five seconds",
            remedy: "close that program, such as `sqlite3`"),
        FindingCode(
            "unexpected_value",
            "a row of the main database was changed by other means and cannot be read",
            remedy: "put back what stood in that row, from a backup"),
        FindingCode(
            "user_not_found",
            "you asked the doctor about a user who does not exist",
            remedy: "`unify user list`"),
        FindingCode(
            "no_server_for_new_databases",
            "no server of `UNIFY_DEFAULT_ENGINE` takes new databases, so nobody can register",
            remedy: "`unify server add`, or another default engine",
            shown: "/readyz, console, log"),
        FindingCode(
            "database_unreadable",
            "the owner or the mode is wrong, or it is not a plain file",
            remedy: "`chmod 600`, and the right owner",
            shown: "lists, console, /readyz, metrics"),
        FindingCode(
            "users_folder_unusable",
            "Unify cannot create files in `users/`, or its symbolic link leads to no folder",
            remedy: "follow the link: `namei -l`"),
        FindingCode(
            "table_missing",
            "a table is missing",
            remedy: "`unify database repair USER_ID`",
            shown: "lists, console, /readyz, metrics"),
        FindingCode(
            "connection_failed",
            "the database cannot be opened",
            remedy:
                "for a file, check the descriptor limit; for a server, start it or see why it cannot be reached; then "
                + "run `unify setup test USER_ID` or `unify server test NAME`",
            shown: "/readyz, console, metrics"),
        FindingCode(
            "server_unavailable",
            "the database cannot be opened",
            remedy: "as for `connection_failed`",
            shown: "/readyz, console, metrics",
            untested:
                "needs a server of the main database that dies while the doctor runs: it opens each database itself "
                + "and reports `connection_failed`"),
        FindingCode(
            "login_refused",
            "the server rejects the login's password",
            remedy: "`unify database rotate-password USER_ID`; for a server `unify server set NAME --password`",
            shown: "lists, console, /readyz, metrics"),
        FindingCode(
            "orphan_file",
            "no config names this database file, or it is in the wrong place",
            remedy: "move it away"),
        FindingCode(
            "server_rights",
            "the provisioning login of a registered server lacks privileges, or users' logins can connect to the "
                + "maintenance database: Unify creates no databases there",
            remedy: "run the statements that the doctor prints, as the server's administrator",
            shown: "/readyz, console"),
        FindingCode(
            "orphan_database",
            "a database on a registered server has this installation's prefix but no config names it; databases "
                + "that were set aside are reported too",
            remedy: "look at its contents, then drop it"),
        FindingCode(
            "audit_log_broken",
            "somebody changed the audit log from outside",
            remedy:
                "compare `Audit_Log` and `Audit_Chain` with a backup, put back what differs, and find out who can write "
                + "the main database",
            shown: "console"),
        FindingCode(
            "audit_log_was_broken",
            "a notice: it had been changed before its chain had a key",
            remedy: "compare it with a backup from that time; the notice stays",
            untested: "the notice stays for good, so nothing makes it disappear; a test of the library sees it"),
        FindingCode(
            "address_shared",
            "a notice: two users share an email address, so the later one can sign in only by username",
            remedy: "`unify user set USER_ID --email ADDRESS`"),
        FindingCode(
            "main_database_older",
            "the main database is an older copy: sessions that had ended are valid again",
            remedy: "start the server, which ends all sessions; suspend again the users you had suspended"),
        FindingCode(
            "main_database_restored",
            "a notice: an older copy was put back on the day named, and all sessions were ended",
            remedy: "repeat what was changed after the copy was made; the notice ends after 30 days",
            shown: "/readyz, log"),
        FindingCode(
            "main_database_unknown",
            "a notice: `main-database-witness` belongs to another main database",
            remedy: "make sure the URL and the data directory belong together"),
        FindingCode(
            "main_database_record_missing",
            "a notice: `main-database-witness` is gone, so an older copy or a cut audit log would go unnoticed",
            remedy: "put the file back from a backup; on a machine that never had it, start the server",
            shown: "log"),
        FindingCode(
            "main_database_record_unwritable",
            "`main-database-witness` cannot be written, so an older copy could go unnoticed; or it cannot be read, "
                + "and nothing starts",
            remedy: "make it a file of the server's user, mode 0600, on a disk with free space"),
        FindingCode(
            "secret_does_not_open",
            "a password or another secret in the main database cannot be opened: its row was damaged or changed "
                + "by other means, or its root key is missing",
            remedy: "put back the row or the key; drop no root key until then"),
        FindingCode(
            "server_not_verified",
            "a notice: TLS does not verify a server on another machine",
            remedy: "`unify server set NAME --tls verify-full`; for the main database `tls=verify-full` in its URL"),
        FindingCode(
            "server_not_encrypted",
            "a notice: TLS to a server on another machine is `prefer`, and the connection came about without "
                + "encryption",
            remedy: "set up TLS on the server, then `unify server set NAME --tls verify-full`"),
        FindingCode(
            "not_the_owner",
            "the doctor runs as a user who is neither root nor the owner of the installation",
            remedy: "run it as the owner",
            shown: "at start"),
        FindingCode(
            "file_of_another_user",
            "a file or folder does not belong to the owner of the installation, so the server cannot use it",
            remedy: "`chown`"),
        FindingCode(
            "file_not_usable",
            "the owner cannot read and write a file, or cannot list a folder",
            remedy: "`chmod`"),
        FindingCode(
            "folder_unreadable",
            "the owner cannot read and write a file, or cannot list a folder",
            remedy: "`chmod`"),
        FindingCode(
            "file_open_to_others",
            "other users of the machine can read or change files of the installation",
            remedy: "`chmod`"),
        FindingCode(
            "settings_open_to_others",
            "other users of the machine can read or change files of the installation",
            remedy: "`chmod`"),
        FindingCode(
            "root_key_beside_data",
            "a notice: the root key lies in the data directory, so a copy of that includes the key",
            remedy: "keep the key elsewhere: `UNIFY_MASTER_KEY_FILE`, or LoadCredential as in `deploy/unify.service`"),
        FindingCode(
            "running_as_root",
            "a notice: the doctor runs as root; if the server does too, it has rights that it does not need",
            remedy: "run the server as a dedicated user: `deploy/unify.service`"),
        FindingCode(
            "removed_user_is_back",
            "a copy of the main database brought back a user who had been permanently removed",
            remedy: "start the server, which removes them again"),
        FindingCode(
            "leftover_file",
            "a file was never finished",
            remedy: "remove it"),
        FindingCode(
            "unseal_failed",
            "the stored password of a database or of a server, or another secret, does not open: its row was damaged or "
                + "changed by other means",
            remedy: "put back what stood in its row, from a backup of the main database; for a server "
                + "`unify server set NAME --password`",
            shown: "lists, console, /readyz, metrics"),
        FindingCode(
            "io_failure",
            "the disk fails where a database lies",
            remedy:
                "look at the disk, and at the system's log: `dmesg`; once it reads again, `unify setup test USER_ID`",
            shown: "lists, console, /readyz, metrics"),
    ]
}
