import Foundation
import Testing
import UnifyTesting

/// What somebody meets who types at a terminal.
@Suite(.timeLimit(.minutes(5))) struct PromptTests {
    private static let interrupt: [UInt8] = [0x03]
    private static let create = "unify user create --username eve --email eve@example.org"

    /// An installation with a user in each state that a command asks about.
    private func prepared() async throws -> (TemporaryFolder, TerminalSession) {
        let folder = try TemporaryFolder()
        for name in ["ada", "bob"] {
            let made = try await UnifyProcess.run(
                "user", "create", "--username", name, "--email", "\(name)@example.org", "--password-stdin",
                folder: folder.path, input: TestClient.password + "\n")
            #expect(made.status == 0, "\(made.errors)")
        }
        #expect(try await UnifyProcess.run("user", "delete", "bob", folder: folder.path).status == 0)
        let session = try TerminalSession(folder: folder)
        try await session.begin()
        return (folder, session)
    }

    @Test func controlCEndsEveryPromptAndGivesTheTerminalBack() async throws {
        let (folder, session) = try await prepared()
        let prompts = [
            (Self.create, "Password of eve:"),
            ("unify server add pg --engine postgresql --host 127.0.0.1 --login unify", "Password of unify:"),
            ("unify setup init ada --engine postgresql --host 127.0.0.1 --name x --login x", "Password of x:"),
            ("unify setup", "Choice (1 to 5):"), ("unify user delete ada", "Go on? [y/N]"),
            ("unify user purge bob --now", "Type bob to go on:"),
            ("unify user reset-second-factor ada", "Go on? [y/N]"),
            ("unify key rotate --drop-old", "Go on? [y/N]"),
        ]
        for (command, prompt) in prompts {
            try session.type("\(command)\n")
            try await session.expect(prompt)
            try session.type(Self.interrupt)
            #expect(try await session.end().status == 130, "\(command)")
            #expect(try await session.isWhole(), "\(command)")
        }
        // In the second prompt of a command, too.
        try session.type("unify setup\n")
        try await session.expect("Choice (1 to 5):")
        try session.type("2\r")
        try await session.expect("User number or name:")
        try session.type(Self.interrupt)
        #expect(try await session.end().status == 130)
        try session.type("\(Self.create)\n")
        try await session.expect("Password of eve:")
        try session.type("\(TestClient.password)\r")
        try await session.expect("again:")
        try session.type(Self.interrupt)
        #expect(try await session.end().status == 130)
        #expect(try await session.isWhole())
        let users = try await UnifyProcess.run("user", "list", folder: folder.path).output
        #expect(users.contains("ada") && users.contains("bob") && !users.contains("eve"))
        #expect(try await UnifyProcess.run("user", "show", "ada", folder: folder.path).output.contains("state: active"))
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT])
    func aSignalFromElsewhereGivesTheTerminalBack(signal: Int32) async throws {
        let (_, session) = try await prepared()
        try session.type("\(Self.create)\n")
        try await session.expect("Password of eve:")
        try session.signal(signal)
        #expect(try await session.end().status == 128 + Int(signal))
        #expect(try await session.isWhole())
    }

    @Test func aStoppedPromptIsAskedAgainWhenItGoesOn() async throws {
        let (_, session) = try await prepared()
        try session.type("\(Self.create)\n")
        try await session.expect("Password of eve:")
        try session.type([0x1A])
        try await session.expect("Stopped")
        #expect(try await session.isWhole())
        try session.type("fg\n")
        try await session.expect("Password of eve:")
        try session.type("\(TestClient.password)\r")
        try await session.expect("again:")
        try session.type("\(TestClient.password)\r")
        try await session.expect("Made user 3, eve.")
        #expect(try await session.isWhole())
    }

    @Test func aPasswordThatCannotBeTakenIsToldBeforeItIsAskedForAgain() async throws {
        let (_, session) = try await prepared()
        try session.type("\(Self.create)\n")
        try await session.expect("At least 12 characters")
        try await session.expect("Password of eve:")
        try session.type("short\r")
        let told = try await session.expect("Password of eve:")
        #expect(told.contains("must have at least 12 characters") && !told.contains("again:"))
        #expect(!told.contains("short\r"), "what is typed is not seen")
        try session.type("\(TestClient.password)\r")
        try await session.expect("again:")
        try session.type("another one\r")
        try await session.expect("not the same")
        try await session.expect("Password of eve:")
        try session.type("short\r")
        try await session.expect("3 attempts")
        #expect(try await session.end().status == 1)
        #expect(try await session.isWhole())
    }

    @Test func whatIsTypedIsTakenAsItWasMeant() async throws {
        let (folder, session) = try await prepared()
        // Erased letters, a letter of two bytes, and lines that end with CR LF as pasted ones do.
        try session.type("\(Self.create)\n")
        try await session.expect("Password of eve:")
        try session.type("\(TestClient.password)xé\u{7F}\u{7F}\r\n\(TestClient.password)\r\n")
        try await session.expect("Made user 3, eve.")
        #expect(try await session.end().status == 0)
        let cases: [(bytes: [UInt8], words: String)] = [
            (Array(repeating: 0x61, count: 100_000), "longer than"), ([0xFF, 0xFE, 0x80], "UTF-8"),
            (Array("a\tb".utf8), "control character"), (Array("\u{1B}[A".utf8), "control character"),
        ]
        for (bytes, words) in cases {
            try session.type("\(Self.create)2\n")
            try await session.expect("Password of eve:")
            try session.type(bytes + [0x0D])
            try await session.expect(words)
            try session.type(Self.interrupt)
            #expect(try await session.end().status == 130)
        }
        #expect(try await !UnifyProcess.run("user", "list", folder: folder.path).output.contains("eve2"))
    }

    @Test func theEndOfTheInputIsTold() async throws {
        let (_, session) = try await prepared()
        for (command, prompt, words, status) in [
            (Self.create, "Password of eve:", "No password was typed.", 1),
            ("unify user purge bob --now", "Type bob to go on:", "Nothing was changed.", 1),
            ("unify setup", "Choice (1 to 5):", "", 0),
        ] {
            try session.type("\(command)\n")
            try await session.expect(prompt)
            try session.type([0x04])
            if !words.isEmpty { try await session.expect(words) }
            #expect(try await session.end().status == status)
            #expect(try await session.isWhole())
        }
    }

    @Test func whatCannotBeUndoneIsDoneOnlyWhenItIsMeant() async throws {
        let (folder, session) = try await prepared()
        try session.type("unify user purge bob --now\n")
        let facts = try await session.expect("Type bob to go on:")
        #expect(facts.contains("bob@example.org") && facts.contains("is lost") && facts.contains("KB"))
        try session.type("yes\r")
        try await session.expect("nothing was changed")
        #expect(try await session.end().status == 1)
        #expect(try await UnifyProcess.run("user", "show", "bob", folder: folder.path).status == 0)
        try session.type("unify user purge bob --now\n")
        try await session.expect("Type bob to go on:")
        try session.type("bob\r")
        try await session.expect("was removed for good")
        #expect(try await UnifyProcess.run("user", "show", "bob", folder: folder.path).status == 1)
        try session.type("unify user delete ada\n")
        try await session.expect("Go on? [y/N]")
        try session.type("\r")
        #expect(try await session.end().status == 1)
        #expect(try await UnifyProcess.run("user", "show", "ada", folder: folder.path).output.contains("state: active"))
        #expect(try await session.run("unify user delete ada --yes").status == 0)
    }
}
