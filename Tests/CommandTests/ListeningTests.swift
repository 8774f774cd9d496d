import Testing
import UnifyTesting

/// A server that cannot listen says why, and what to do.
@Suite(.timeLimit(.minutes(2))) struct ListeningTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func expectRefusal(host: String, port: Int, _ words: String...) async throws {
        let refused = try await UnifyProcess.run(
            ["serve"], folder: folder.path, environment: ["UNIFY_HOST": host, "UNIFY_PORT": "\(port)"], input: nil)
        #expect(refused.status == 1)
        for word in words { #expect(refused.errors.contains(word), "\(refused.errors)") }
    }

    @Test func aPortThatIsTakenIsNamed() async throws {
        let other = try LoopbackListener()
        try await expectRefusal(
            host: "127.0.0.1", port: other.port, "Port \(other.port) of 127.0.0.1 is taken", "--port or UNIFY_PORT")
        withExtendedLifetime(other) {}
    }

    @Test(arguments: ["192.0.2.1", "2001:db8::1"]) func anAddressOfAnotherMachineIsNamed(host: String) async throws {
        try await expectRefusal(host: host, port: 0, "\(host) is not an address of this machine", "UNIFY_HOST")
    }

    @Test func aNameThatIsNoneIsNamed() async throws {
        try await expectRefusal(host: "nowhere.invalid", port: 0, "nowhere.invalid leads to no address", "UNIFY_HOST")
    }
}
