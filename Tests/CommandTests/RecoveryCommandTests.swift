import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// The operator's ways out for a user who has lost their password.
@Suite(.timeLimit(.minutes(5))) struct RecoveryCommandTests {
    private static let newPassword = "kestrel herons marsh"

    private func signIn(_ client: TestClient, _ name: String, _ password: String) async throws -> Int {
        try await client.post("/api/login", ["username": name, "password": password]).status
    }

    @Test func aPasswordIsSetDirectlyAndByALink() async throws {
        let folder = try TemporaryFolder()
        let (process, client) = try await UnifyProcess.serve(folder: folder.path)
        defer { process.killHard() }
        let (ada, id) = try await client.register("ada")
        let weak = try await UnifyProcess.run(
            "user", "set-password", "ada", "--password-stdin", folder: folder.path, input: "ada ada ada ada\n")
        #expect(weak.status == 1 && weak.errors.contains("again and again"))
        #expect(try await ada.get("/api/me").status == 200)
        let set = try await UnifyProcess.run(
            "user", "set-password", "\(id)", "--password-stdin", folder: folder.path, input: "\(Self.newPassword)\n")
        #expect(set.status == 0, "\(set.errors)")
        #expect(!set.output.contains(Self.newPassword))
        #expect(try await signIn(client, "ada", TestClient.password) == 401)
        #expect(try await signIn(client, "ada", Self.newPassword) == 200)

        let link = try await UnifyProcess.run("user", "set-password", "ada", "--link", "--json", folder: folder.path)
        #expect(link.status == 0 && link.output.contains("UNIFY_PUBLIC_URL"))
        let url = try #require(link.output.firstMatch(of: #/"link" : "([^"]+)"/#)?.1)
        #expect(url.hasPrefix("http://127.0.0.1:5000/new-password?link="))
        let token = String(url.split(separator: "=").last ?? "")
        // A second link ends the first.
        let second = try await UnifyProcess.run(
            "user", "set-password", "ADA@example.org", "--link", folder: folder.path)
        #expect(second.errors.contains("Good once") && second.errors.contains("UNIFY_PUBLIC_URL"))
        let body = ["token": token, "password": "meadow lark canyon"]
        #expect(try await client.post("/api/password-reset", body).status == 403)
        let newer = try #require(second.output.firstMatch(of: #/link=(\S+)/#)?.1)
        #expect(
            try await client.post("/api/password-reset", ["token": String(newer), "password": "meadow lark canyon"])
                .status == 204)
        #expect(try await signIn(client, "ada@example.org", "meadow lark canyon") == 200)
    }

    @Test(arguments: [
        ["user", "set-password"], ["user", "set-password", "1", "--link", "--password-stdin"], ["user", "set", "1"],
        ["user", "set", "1", "--username", "a@b"], ["user", "set", "1", "--email", "<a@b.org>"],
    ])
    func wrongUsageExitsWith64(arguments: [String]) async throws {
        let folder = try TemporaryFolder()
        let result = try await UnifyProcess.run(
            arguments, folder: folder.path, environment: ["MULTI_TENANT_MODE": "true"], input: nil)
        #expect(result.status == 64, "\(result.errors)")
    }

    @Test func aUserGetsAnotherNameAndAddressAndIsSignedOut() async throws {
        let folder = try TemporaryFolder()
        let (process, client) = try await UnifyProcess.serve(folder: folder.path)
        defer { process.killHard() }
        let (ada, _) = try await client.register("ada")
        _ = try await client.register("bob")
        let taken = try await UnifyProcess.run("user", "set", "ada", "--email", "BOB@example.org", folder: folder.path)
        #expect(taken.status == 1 && taken.errors.contains("This email is taken."))
        let set = try await UnifyProcess.run(
            "user", "set", "ada", "--username", "lovelace", "--email", "l@example.org", folder: folder.path)
        #expect(set.status == 0 && set.output.contains("is called lovelace"), "\(set.errors)")
        #expect(try await ada.get("/api/tasks").status == 200)
        #expect(try await signIn(client, "L@example.org", TestClient.password) == 200)
        #expect(try await UnifyProcess.run("user", "sign-out", "lovelace", folder: folder.path).status == 0)
        try await eventually("she is signed out") { try await ada.get("/api/tasks").status == 401 }
    }
}
