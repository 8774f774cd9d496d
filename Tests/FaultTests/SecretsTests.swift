import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// Secrets that the test knows are looked for in everything that the program says or keeps: logs at the highest level,
/// answers, metrics, the commands' outputs, and every file that it writes.
@Suite(.tags(.proof), .timeLimit(.minutes(10)), .serialized) struct SecretsTests {
    private static let password = "Planted-pa55word-one"
    private static let newPassword = "Planted-pa55word-two"
    private static let metricsToken = "planted-metrics-token"
    private static let rootKey = Data((1...32).map { UInt8($0) }).base64EncodedString()

    @Test(arguments: TestPlace.all) func noSecretIsToldOrKeptInPlainText(place: TestPlace) async throws {
        let folder = try TemporaryFolder()
        var environment = try place.environment()
        environment["UNIFY_LOG_LEVEL"] = "trace"
        environment["UNIFY_MASTER_KEY"] = Self.rootKey
        environment["UNIFY_METRICS_TOKEN"] = Self.metricsToken
        environment["MULTI_TENANT_MODE"] = "true"
        try await place.register(in: folder.path, environment: environment)
        let (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        defer { process.killHard() }
        var told: [String] = []
        let tokens = try await work(client, told: &told)
        told.append(try await client.get("/metrics").text)
        for command in [
            ["user", "list", "--json"], ["user", "show", "ada"], ["database", "list", "--json"],
            ["database", "info", "1", "--json"], ["doctor"], ["key", "status"], ["server", "list", "--json"],
        ] + (place.server == nil ? [] : [["database", "rotate-password", "1"]]) {
            let result = try await UnifyProcess.run(
                command, folder: folder.path, environment: environment, input: nil)
            told += [result.output, result.errors]
        }
        #expect(try process.limits().contains(#/Max core file size +1 +1/#), "memory must not be written to a file")
        told.append(process.log)
        #expect(process.log.contains("trace") || process.log.contains("debug"), "the log must be at its fullest")
        let secrets =
            [Self.password, Self.newPassword, Self.metricsToken, Self.rootKey] + tokens + serverSecrets(place)
        var found = 0
        for text in told { found += count(of: secrets, in: Data(text.utf8), "what was told") }
        let files = try files(in: folder.path)
        for file in files { found += count(of: secrets, in: try Data(contentsOf: file), file.lastPathComponent) }
        // The control: the search does find what is there.
        let all = files.compactMap { try? Data(contentsOf: $0) } + told.map { Data($0.utf8) }
        #expect(all.contains { $0.range(of: Data("ada@example.org".utf8)) != nil })
        Proof.tell(
            "secrets, \(place.kind)",
            ["secrets": secrets.count, "texts searched": told.count, "files searched": files.count, "found": found])
    }

    /// What a user and somebody who guesses do, each answer but the tokens' own kept.
    /// - Returns: the tokens.
    private func work(_ client: TestClient, told: inout [String]) async throws -> [String] {
        let registration = try await client.post(
            "/api/register", ["username": "ada", "email": "ada@example.org", "password": Self.password])
        #expect(registration.status == 201)
        let first = try #require(registration.json["token"] as? String)
        #expect(!registration.text.contains(Self.password))
        let ada = client.with(token: first)
        told.append(try await ada.get("/api/me").text)
        for body in [
            ["username": "ada", "password": Self.password + "x"], ["username": Self.password, "password": "x"],
            ["username": "ada"],
        ] { told.append(try await client.post("/api/login", body).text) }
        told.append(
            try await client.send("POST", "/api/login", raw: Data("{\"password\": \"\(Self.password)".utf8)).text)
        told.append(
            try await client.post(
                "/api/register", ["username": "ada", "email": "x@example.org", "password": Self.password]
            ).text)
        told.append(
            try await ada.send(
                "PUT", "/api/me/password",
                json: ["current_password": Self.password, "new_password": Self.newPassword]
            ).text)
        told.append(try await client.with(token: "wrong-\(first)").get("/api/tasks").text)
        #expect(try await ada.post("/api/tasks", ["title": "x"]).status == 201)
        let login = try await client.post("/api/login", ["username": "ada", "password": Self.newPassword])
        #expect(login.status == 200)
        return [first, try #require(login.json["token"] as? String)]
    }

    private func serverSecrets(_ place: TestPlace) -> [String] {
        (place.server?.location.login?.password.unsafeReveal()).map { [$0] } ?? []
    }

    private func files(in folder: String) throws -> [URL] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        return names.map { URL(filePath: "\(folder)/\($0)") }.filter {
            (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true
        }
    }

    /// How many of the secrets are in it: none, or there is an issue.
    private func count(of secrets: [String], in data: Data, _ what: String) -> Int {
        var found = 0
        for (index, secret) in secrets.enumerated() where data.range(of: Data(secret.utf8)) != nil {
            Issue.record("secret \(index) is in \(what)")
            found += 1
        }
        return found
    }
}
