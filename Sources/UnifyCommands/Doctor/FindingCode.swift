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
            remedy: "free space",
            untested: "needs a nearly full disk"),
        FindingCode(
            "disk_reserve",
            "less than `UNIFY_DISK_RESERVE_MB` free: the server stores nothing more",
            remedy: "free space, or lower the setting",
            shown: "answers 507",
            untested: "needs a disk that is 95 % full: a larger reserve is not kept"),
        FindingCode(
            "disk_unknown",
            "the free space cannot be read",
            remedy: "`df -h` on the data directory",
            untested: "needs a disk that does not answer"),
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
            untested: "needs a broken build"),
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
            "a job has been running for more than a minute",
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
            remedy: "the same",
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
            remedy: "use that version",
            shown: "lists, console, /readyz, metrics",
            untested: "needs a newer version of Unify"),
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
            remedy: "for a file, check the descriptor limit, then run `unify setup test USER_ID`; for a server, check "
                + "that it runs",
            shown: "/readyz, console, metrics",
            untested: "seen in tests of stopped servers; the remedy is to start the server"),
        FindingCode(
            "server_unavailable",
            "the database cannot be opened",
            remedy: "for a file, check the descriptor limit, then run `unify setup test USER_ID`; for a server, check "
                + "that it runs",
            shown: "/readyz, console, metrics",
            untested: "seen in tests of stopped servers; the remedy is to start the server"),
        FindingCode(
            "login_refused",
            "the server rejects the login's password",
            remedy: "`unify database rotate-password USER_ID`",
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
            shown: "/readyz, console",
            untested: "found in tests; the statements need the server's administrator"),
        FindingCode(
            "orphan_database",
            "a database on a registered server has this installation's prefix but no config names it; databases "
                + "that were set aside are reported too",
            remedy: "look at its contents, then drop it"),
        FindingCode(
            "audit_log_broken",
            "somebody changed the audit log from outside",
            remedy: "compare it with a backup",
            shown: "console",
            untested: "found in tests; the remedy is an investigation"),
        FindingCode(
            "audit_log_was_broken",
            "a notice: it had been changed before its chain had a key",
            remedy: "compare it with a backup from that time",
            untested: "needs an installation from before the key; the remedy is an investigation"),
        FindingCode(
            "address_shared",
            "a notice: two users share an email address, so the later one can sign in only by username",
            remedy: "`unify user set USER_ID --email ADDRESS`",
            untested: "needs accounts from before addresses were compared in one form"),
        FindingCode(
            "main_database_older",
            "the main database is an older copy: sessions that had ended are valid again",
            remedy: "start the server, which ends all sessions; suspend again the users you had suspended",
            untested: "found and mended in tests: RestoredMainDatabaseTests"),
        FindingCode(
            "main_database_restored",
            "a notice: an older copy was put back on the day named, and all sessions were ended",
            remedy: "check users and passwords",
            shown: "/readyz, log",
            untested: "found in tests; goes away when the next copy is not older"),
        FindingCode(
            "main_database_unknown",
            "a notice: `main-database-witness` belongs to another main database",
            remedy: "make sure the URL and the data directory belong together",
            untested: "the remedy is to correct settings"),
        FindingCode(
            "main_database_record_missing",
            "a notice: `main-database-witness` is gone, so an older copy or a cut audit log would go unnoticed",
            remedy: "put the file back from a backup; on a machine that never had it, start the server",
            shown: "log"),
        FindingCode(
            "main_database_record_unwritable",
            "`main-database-witness` cannot be written: an older copy could go unnoticed",
            remedy: "check owner, mode and free disk",
            untested: "root, who runs the tests, can write every file"),
        FindingCode(
            "secret_does_not_open",
            "a password or another secret in the main database cannot be opened: its row was damaged or changed "
                + "by other means, or its root key is missing",
            remedy: "put back the row or the key; drop no root key until then",
            untested: "the remedy is to put a row back"),
        FindingCode(
            "server_not_verified",
            "a notice: TLS does not verify a server on another machine",
            remedy: "`verify-full`",
            untested: "needs a server on another machine"),
        FindingCode(
            "server_not_encrypted",
            "a notice: TLS to a server on another machine is `prefer`, and the connection came about without "
                + "encryption",
            remedy: "set up TLS on the server, then `verify-full`",
            untested: "needs a server on another machine"),
        FindingCode(
            "not_the_owner",
            "the doctor runs as a user who is neither root nor the owner of the installation",
            remedy: "run it as the owner",
            shown: "at start",
            untested: "the tests run as the owner"),
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
            remedy: "`chmod`",
            untested: "root, who runs the tests, can list every folder"),
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
            "notices",
            remedy: "keep the key elsewhere (`UNIFY_MASTER_KEY_FILE`); run as a dedicated user: `deploy/unify.service`"),
        FindingCode(
            "running_as_root",
            "notices",
            remedy: "keep the key elsewhere (`UNIFY_MASTER_KEY_FILE`); run as a dedicated user: `deploy/unify.service`",
            untested: "the remedy is another user for the service"),
        FindingCode(
            "removed_user_is_back",
            "a copy of the main database brought back a user who had been permanently removed",
            remedy: "start the server, which removes them again",
            untested: "seen in tests of the library: ReturnedUserTests"),
        FindingCode(
            "leftover_file",
            "a file was never finished",
            remedy: "remove it"),
        FindingCode(
            "unseal_failed",
            "the stored password of a database does not open with the root key",
            remedy: "put the root key back under which it was sealed",
            shown: "lists, console, /readyz, metrics",
            untested: "the remedy is to put a key back"),
        FindingCode(
            "io_failure",
            "the disk fails where a database lies",
            remedy: "look at the disk, and at the system's log: `dmesg`",
            shown: "lists, console, /readyz, metrics",
            untested: "needs a failing disk"),
    ]
}
