import Foundation
import Testing
import UnifyTesting

/// A command in the wrong folder makes nothing there, and says where it looked.
@Suite(.timeLimit(.minutes(5))) struct InstallationPlaceTests {
    private let folder: TemporaryFolder
    private var data: String { "\(folder.path)/data" }

    init() throws { folder = try TemporaryFolder() }

    /// - Parameter environment: without a data directory, so that it is the one in the working directory.
    private func run(
        _ arguments: String..., environment: [String: String] = ["UNIFY_DATA_DIR": ""], input: String? = nil
    ) async throws -> UnifyProcess.Result {
        try await UnifyProcess.run(arguments, folder: folder.path, environment: environment, input: input)
    }

    private func createRoot(_ more: String...) async throws -> UnifyProcess.Result {
        let arguments = [
            "user", "create", "--admin", "--username", "root", "--email", "r@example.org", "--password-stdin",
        ]
        return try await UnifyProcess.run(
            arguments + more, folder: folder.path, environment: ["UNIFY_DATA_DIR": ""],
            input: TestClient.password + "\n")
    }

    @Test func aCommandThatReadsMakesNothing() async throws {
        let commands = [
            ["user", "list"], ["user", "show", "ada"], ["database", "list"], ["database", "stats"], ["server", "list"],
            ["key", "status"], ["key", "rotate"], ["mode", "show"], ["mode", "set", "single"], ["doctor"],
            ["setup", "init", "--all"], ["setup", "test", "1"], ["user", "invites"],
        ]
        for command in commands {
            let result = try await UnifyProcess.run(
                command, folder: folder.path, environment: ["UNIFY_DATA_DIR": ""], input: nil)
            #expect(result.status == 1, "\(command)")
            #expect((result.errors + result.output).contains("\(data)/main.db"), "\(command): \(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: data), "\(command)")
        }
    }

    @Test func anAccountIsNotMadeInANewInstallationByMistake() async throws {
        let refused = try await createRoot()
        #expect(refused.status == 1)
        for part in [data, "single mode", "--new-installation", "--data-dir"] {
            #expect(refused.errors.contains(part), "\(refused.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: data))
        let made = try await createRoot("--new-installation")
        #expect(made.status == 0)
        #expect(made.errors.contains("Made a new installation in \(data), in single mode."), "\(made.errors)")
        #expect(made.output.contains("Made administrator 1"))
    }

    @Test func aCommandThatWritesSaysWhere() async throws {
        #expect(try await run("setup", "create-table").errors.contains("Made a new installation in \(data)"))
        let invited = try await run("user", "invite", "--json")
        #expect(invited.status == 0 && invited.errors.contains("Installation: \(data)"), "\(invited.errors)")
        #expect(try await run("user", "invites").errors.isEmpty)
        let named = try await run("user", "invite", environment: ["UNIFY_DATA_DIR": data])
        #expect(named.status == 0 && named.errors.isEmpty, "\(named.errors)")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func whatRootMakesBelongsToTheOwner() async throws {
        #expect(try await run("setup", "create-table", environment: [:]).status == 0)
        let nobody: uid_t = 65534
        for path in [data, "\(data)/main.db", "\(data)/master.key", "\(data)/main-database-witness"] {
            #expect(chown(path, nobody, nobody) == 0 || errno == ENOENT)
        }
        for name in ["ada", "bob"] {
            let made = try await UnifyProcess.run(
                "user", "create", "--username", name, "--email", "\(name)@example.org", "--password-stdin",
                folder: folder.path, input: TestClient.password + "\n")
            #expect(made.status == 0, "\(made.errors)")
        }
        #expect(try await UnifyProcess.run("user", "delete", "bob", folder: folder.path).status == 0)
        #expect(try await UnifyProcess.run("user", "purge", "bob", "--now", "--yes", folder: folder.path).status == 0)
        #expect(try await UnifyProcess.run("key", "rotate", folder: folder.path).status == 0)
        let made = try #require(FileManager.default.subpaths(atPath: data))
        for name in ["master.key", "removed-users", "main-database-witness", "users/01/user_1.db"] {
            #expect(made.contains(name), "\(made)")
        }
        for name in made {
            let owner = try FileManager.default.attributesOfItem(atPath: "\(data)/\(name)")[.ownerAccountID] as? Int
            #expect(owner == Int(nobody), "\(name)")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become another user"))
    func aThirdUserIsRefused() async throws {
        #expect(try await run("setup", "create-table", environment: [:]).status == 0)
        // So that the folders on the way are no hindrance, and the program is where others can run it.
        let program = "\(folder.path)/unify"
        try FileManager.default.copyItem(atPath: UnifyProcess.programPath, toPath: program)
        for path in [folder.path, data] { #expect(chmod(path, 0o755) == 0) }
        for command in ["user list", "doctor"] {
            let output = "\(folder.path)/output"
            let status = try ChildProcess.run(
                [
                    "/bin/sh", "-c",
                    "cd / && exec setpriv --reuid 4711 --regid 4711 --clear-groups \(program) \(command) >\(output) 2>&1",
                ], environment: ["UNIFY_DATA_DIR": data, "PATH": "/usr/bin:/bin"])
            let text = try String(contentsOfFile: output, encoding: .utf8)
            #expect(status == 1)
            #expect(text.contains("belongs to the user root") && !text.contains("NSCocoaErrorDomain"), "\(text)")
        }
    }
}
