import Foundation
import Testing
import UnifyTesting

/// What commands print, where it goes, and what their status says.
@Suite(.timeLimit(.minutes(5))) struct OutputTests {
    private func withUsers(_ names: [String], _ body: (String) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        for name in names {
            let made = try await UnifyProcess.run(
                "user", "create", "--username", name, "--email", "\(name)@example.org", "--password-stdin",
                folder: folder.path, input: TestClient.password + "\n")
            #expect(made.status == 0, "\(made.errors)")
        }
        try await body(folder.path)
    }

    @Test func outputThatCannotBeWrittenIsAFailure() async throws {
        try await withUsers(["ada"]) { folder in
            for command in [
                "user list", "user list --json", "user show ada", "database list", "database info 1 --json",
                "database stats", "server list --json", "key status", "doctor", "doctor --json", "setup test 1",
                "setup create-table", "user suspend ada", "user resume ada --json", "--help", "user --help",
                "--version",
            ] {
                let full = try await UnifyProcess.script("unify \(command) >/dev/full", folder: folder)
                #expect(full.status == 1, "\(command): \(full.errors)")
                #expect(full.errors.contains("cannot be written"), "\(command): \(full.errors)")
                let closed = try await UnifyProcess.script("unify \(command) >&-", folder: folder)
                #expect(closed.status == 1, "\(command): \(closed.errors)")
            }
            let gone = try await UnifyProcess.script(
                "unify user list --json | true; echo ${PIPESTATUS[0]}", folder: folder)
            #expect(["141\n", "0\n"].contains(gone.output) && gone.errors.isEmpty, "\(gone.output)\(gone.errors)")
            // The reader has gone for certain.
            let surely = try await UnifyProcess.script(
                "(sleep 0.3; unify user list) | true; echo ${PIPESTATUS[0]}", folder: folder)
            #expect(surely.output == "141\n" && surely.errors.isEmpty, "\(surely.output)\(surely.errors)")
            #expect(try await UnifyProcess.script("unify user show x 2>/dev/full", folder: folder).status == 1)
        }
    }

    @Test func aClosedStreamIsNeverAFileOfTheInstallation() async throws {
        try await withUsers(["ada"]) { folder in
            let made = try await UnifyProcess.script(
                "unify user suspend ada >&- 2>&- <&-; unify doctor", folder: folder)
            #expect(made.status == 0, "\(made.output)\(made.errors)")
        }
    }

    @Test func listsSayWhatTheyLeaveOut() async throws {
        try await withUsers(["ada", "bob", "eve"]) { folder in
            for list in ["user list", "database list"] {
                let cut = try await UnifyProcess.script("unify \(list) --limit 1", folder: folder)
                #expect(cut.status == 0 && cut.errors == "2 more: --after 1\n", "\(cut.errors)")
                let rest = try await UnifyProcess.script("unify \(list) --after 1", folder: folder)
                #expect(rest.errors.isEmpty)
                let json = try await UnifyProcess.script("unify \(list) --limit 2 --json", folder: folder)
                #expect(json.output.contains("\"next_cursor\" : 2") && json.errors.isEmpty)
                let all = try await UnifyProcess.script("unify \(list) --json", folder: folder)
                #expect(all.output.contains("\"next_cursor\" : null"))
                for limit in ["0", "-1", "100001", "9223372036854775807"] {
                    let refused = try await UnifyProcess.script("unify \(list) --limit \(limit)", folder: folder)
                    #expect(refused.status == 64, "\(limit)")
                }
            }
            let matching = try await UnifyProcess.script("unify user list --limit 1 --matching example", folder: folder)
            #expect(matching.errors == "2 more: --after 1\n")
            for _ in 0..<3 { _ = try await UnifyProcess.run("user", "invite", folder: folder) }
            let invites = try await UnifyProcess.script("unify user invites --limit 1", folder: folder)
            #expect(invites.errors == "2 more: --before 3\n")
            let older = try await UnifyProcess.script("unify user invites --before 2", folder: folder)
            #expect(older.output.split(separator: "\n").count == 2 && older.errors.isEmpty)
        }
    }

    @Test func aRequestThatWasNotCarriedOutSaysSo() async throws {
        try await withUsers(["ada", "bob"]) { folder in
            func unify(_ arguments: String...) async throws -> UnifyProcess.Result {
                try await UnifyProcess.run(
                    arguments, folder: folder, environment: ["MULTI_TENANT_MODE": "true"], input: nil)
            }
            #expect(try await unify("user", "suspend", "ada").output.contains("is suspended now"))
            let again = try await unify("user", "suspend", "ada")
            #expect(again.status == 0 && again.output.contains("suspended already. Nothing was changed."))
            #expect(try await unify("user", "suspend", "ada", "--json").output.contains("\"changed\" : false"))
            let restored = try await unify("user", "restore", "ada")
            #expect(restored.status == 1 && restored.errors.contains("unify user resume 1"), "it stays suspended")
            #expect(try await unify("user", "resume", "ada").status == 0)
            #expect(try await unify("user", "resume", "ada").output.contains("Nothing was changed."))
            #expect(try await unify("user", "delete", "bob").status == 0)
            #expect(try await unify("user", "delete", "bob").output.contains("Nothing was changed."))
            #expect(try await unify("user", "suspend", "bob").status == 1)
            let other = try await unify("setup", "init", "ada", "--engine", "postgresql")
            #expect(other.status == 1 && other.errors.contains("it is sqlite"), "\(other.output)\(other.errors)")
            #expect(try await unify("setup", "init", "ada", "--server", "x").status == 1)
            #expect(try await unify("setup", "init", "ada", "--engine", "sqlite").status == 0)
            #expect(try await unify("setup", "init", "ada").output.contains("Nothing was changed."))
        }
    }

    @Test func purgingNeedsTheEndOfTheGraceAndAYes() async throws {
        try await withUsers(["ada"]) { folder in
            func purge(_ arguments: String...) async throws -> UnifyProcess.Result {
                try await UnifyProcess.run(
                    ["user", "purge", "ada"] + arguments, folder: folder, environment: ["MULTI_TENANT_MODE": "true"],
                    input: "")
            }
            #expect(try await purge("--now", "--yes").errors.contains("is not deleted"))
            #expect(try await UnifyProcess.run("user", "delete", "ada", folder: folder).status == 0)
            let early = try await purge("--yes")
            #expect(
                early.status == 1 && early.errors.contains("can be restored until") && early.errors.contains("--now"))
            let unasked = try await purge("--now")
            #expect(unasked.status == 64 && unasked.errors.contains("--yes"), "\(unasked.errors)")
            #expect(unasked.errors.contains("ada@example.org"))
            #expect(try await UnifyProcess.run("user", "restore", "ada", folder: folder).status == 0)
            #expect(try await UnifyProcess.run("database", "info", "ada", folder: folder).status == 0, "all is there")
            #expect(try await UnifyProcess.run("user", "delete", "ada", folder: folder).status == 0)
            #expect(try await purge("--now", "--yes").status == 0)
            #expect(try await UnifyProcess.run("user", "show", "ada", folder: folder).status == 1)
        }
    }

    @Test func aWordThatIsNoCommandIsAnsweredWithTheOneThatWasMeant() async throws {
        let folder = try TemporaryFolder()
        for (words, meant) in [
            ("usr list", "unify user"), ("user lst", "unify user list"), ("databse", "unify database"),
            ("serve1", "unify serve"), ("user rse", "unify user"),
        ] {
            let result = try await UnifyProcess.script("unify \(words)", folder: folder.path)
            #expect(result.status == 64 && result.errors.contains(meant), "\(result.errors)")
        }
    }

    @Test func aNameThatIsAnothersNumberIsNotGuessed() async throws {
        try await withUsers(["ada", "1"]) { folder in
            let both = try await UnifyProcess.run("user", "show", "1", folder: folder)
            #expect(both.status == 1 && both.errors.contains("--id or --name"), "\(both.errors)")
            #expect(try await UnifyProcess.run("user", "show", "1", "--id", folder: folder).output.contains("ada"))
            #expect(try await UnifyProcess.run("user", "show", "1", "--name", folder: folder).output.contains("id: 2"))
            #expect(try await UnifyProcess.run("user", "show", "2", folder: folder).output.contains("id: 2"))
        }
    }
}
