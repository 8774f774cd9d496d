import Testing
import UnifyTesting

/// An installation in multi-tenant mode, in a folder of its own, with one user, ada, who has a database.
struct TestInstallation {
    static let environment = ["MULTI_TENANT_MODE": "true"]

    let folder: TemporaryFolder
    var data: String { "\(folder.path)/data" }

    init() async throws {
        folder = try TemporaryFolder()
        try await create("ada")
    }

    /// - Parameter folder: what is there, perhaps nothing.
    init(folder: TemporaryFolder) { self.folder = folder }

    func create(_ name: String, environment: [String: String] = Self.environment) async throws {
        let made = try await UnifyProcess.run(
            ["user", "create", "--username", name, "--email", "\(name)@example.org", "--password-stdin"],
            folder: folder.path, environment: environment, input: TestClient.password + "\n")
        #expect(made.status == 0, "\(made.errors)")
    }
}
