import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// An invitation and a server that is killed while somebody registers with it.
@Suite(.tags(.proof), .timeLimit(.minutes(5)), .serialized) struct InvitationKillTests {
    /// The account is completed at the next start, so that the invitation has been used: it is not lost with the account, and
    /// it is not good for a second one.
    @Test(arguments: ProvisioningStep.allCases)
    func anInvitationIsGoodForOneAccountAfterAKill(step: ProvisioningStep) async throws {
        let folder = try TemporaryFolder()
        let environment = ["UNIFY_REGISTRATION": "invite"]
        var (process, client) = try await UnifyProcess.serve(
            folder: folder.path,
            environment: environment.merging(["UNIFY_FAULT_KILL_AT": FaultPoints.after(step)]) { $1 })
        let made = try await UnifyProcess.run("user", "invite", "--json", folder: folder.path)
        let code = try String(#require(made.output.firstMatch(of: /"code" : "([^"]+)"/), "\(made.errors)").1)
        await #expect(throws: (any Error).self, "the server must die before it answers") {
            try await register("ada", code, client)
        }
        await process.waitUntilExit()
        (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        defer { process.killHard() }
        let login = try await client.post("/api/login", ["username": "ada", "password": TestClient.password])
        #expect(login.status == 200)
        #expect(try await register("bob", code, client) == 403)
        let listed = try await UnifyProcess.run("user", "invites", folder: folder.path).output
        #expect(listed.contains("used"), "\(listed)")
        #expect(try await UnifyProcess.run("user", "uninvite", "1", folder: folder.path).status == 1)
    }

    @discardableResult
    private func register(_ name: String, _ code: String, _ client: TestClient) async throws -> Int {
        try await client.post(
            "/api/register",
            [
                "username": name, "email": "\(name)@example.org", "password": TestClient.password, "invitation": code,
            ]
        ).status
    }
}
