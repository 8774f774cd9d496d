import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// Thousands of clients who connect and say nothing.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct ManyConnectionsTests {
    private static let count = 3000
    /// What this process and the server each need.
    private static let descriptors = 8000

    @Test(.enabled(if: DescriptorLimit.hard >= descriptors, "fewer than 8,000 files may be open here"))
    func threeThousandSilentOnesKeepNobodyOut() async throws {
        let usual = DescriptorLimit.current
        try DescriptorLimit.set(DescriptorLimit.highest)
        // Lowering a limit is never refused.
        defer { try? DescriptorLimit.set(usual) }
        let folder = try TemporaryFolder()
        // The server could close silent connections for others: with so few to databases it need not.
        let (process, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: ["UNIFY_MAX_CONNECTIONS": "100"])
        defer { process.killHard() }
        let (ada, _) = try await client.register("ada")
        let silent = try (0..<Self.count).map { _ in try RawConnection(port: client.port) }
        // Not by URLSession, which need not take descriptors of such numbers.
        let other = try RawConnection(port: client.port)
        let head = "Host: localhost\r\nAuthorization: Bearer \(ada.token ?? "")\r\n"
        other.send("GET /api/tasks HTTP/1.1\r\n\(head)\r\n")
        #expect(try await other.receive(silence: .seconds(60), answers: 1).statuses == [200])
        other.send("GET /metrics HTTP/1.1\r\n\(head)Connection: close\r\n\r\n")
        let metrics = try await other.receive().text
        let figure = metrics.firstMatch(of: /unify_http_connections ([0-9.]+)/).flatMap { Double($0.1) }
        let connected = try #require(figure, "\(metrics)")
        // The first ones may have been silent for too long by now.
        #expect(connected > Double(Self.count / 2), "they must have been open meanwhile")
        withExtendedLifetime(silent) {}
    }
}

/// How many files this process may have open.
private enum DescriptorLimit {
    static var hard: Int { Int(clamping: current.rlim_max) }

    static var current: rlimit {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return limit
    }

    static var highest: rlimit {
        var limit = current
        // Some systems say "unlimited" here, which no table of descriptors can be.
        limit.rlim_cur = min(limit.rlim_max, 1_048_576)
        return limit
    }

    static func set(_ limit: rlimit) throws {
        var limit = limit
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw TestFailure("the limit of open files cannot be set: \(errno)")
        }
    }
}
