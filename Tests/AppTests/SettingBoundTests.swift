import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@testable import UnifyApp

/// The bounds of docs/limits.md that a setting sets: what they are where nothing is set, and what is refused.
@Suite(.tags(.proof)) struct SettingBoundTests {
    private func settings(_ environment: [String: String] = [:], descriptors: Int = 4096) async throws -> Settings {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let variables = ["UNIFY_DATA_DIR": folder.path].merging(environment) { $1 }
        return try SettingsReader(environment: variables, file: nil).read(descriptorLimit: descriptors)
    }

    private func refusal(_ environment: [String: String], descriptors: Int = 4096) async -> TenancyError.Code? {
        do {
            _ = try await settings(environment, descriptors: descriptors)
            return nil
        } catch {
            return (error as? TenancyError)?.code
        }
    }

    @Test func whatHoldsWhereNothingIsSet() async throws {
        let settings = try await settings()
        #expect(
            settings.pool
                == PoolLimits(
                    poolSize: 10, maxOverflow: 20, maxConnections: 1024, maxWaiting: 10_000, waitLimit: .seconds(10),
                    idleLimit: .seconds(300)))
        #expect(settings.pool.maxPerDatabase == 30)
        #expect(settings.maxClients == 4096 - 3 * 1024 - 64)
        #expect(settings.statementTimeout == .seconds(30))
        #expect(settings.userLimits.concurrentRequests == 64)
        #expect(settings.userLimits.requestsPerSecond == nil)
        #expect(settings.userLimits.maxDatabaseBytes == 1_073_741_824)
        #expect(settings.warmPoolSize == 0)
        #expect(settings.deletionGrace == .seconds(30 * 24 * 3600))
        #expect(settings.durability == "full")
        let clients = settings.clientTimeLimits
        #expect(clients.firstRequest == .seconds(15))
        #expect(clients.nextRequest == .seconds(75))
        #expect(clients.body == .seconds(60))
        #expect(clients.stalledAnswer == .seconds(60))
        #expect(clients.answerRate == 4096)
    }

    @Test func whatSettingsChange() async throws {
        let settings = try await settings([
            "UNIFY_POOL_SIZE": "1", "UNIFY_POOL_MAX_OVERFLOW": "2", "UNIFY_MAX_CONNECTIONS": "3",
            "UNIFY_POOL_TIMEOUT": "4", "UNIFY_STATEMENT_TIMEOUT": "5", "UNIFY_USER_CONCURRENCY": "6",
            "UNIFY_USER_PARALLELISM": "7", "UNIFY_USER_RATE": "8", "UNIFY_USER_DATABASE_MB": "9",
            "UNIFY_WARM_POOL_SIZE": "10", "UNIFY_DELETION_GRACE": "11", "UNIFY_IDLE_TIMEOUT": "12",
        ])
        #expect(settings.pool == PoolLimits(poolSize: 1, maxOverflow: 2, maxConnections: 3, waitLimit: .seconds(4)))
        #expect(settings.statementTimeout == .seconds(5))
        #expect(settings.userLimits.concurrentRequests == 6)
        #expect(settings.userLimits.parallelRequests == 7)
        #expect(settings.userLimits.requestsPerSecond == 8)
        #expect(settings.userLimits.maxDatabaseBytes == Int64(9 * 1_048_576))
        #expect(settings.warmPoolSize == 10)
        #expect(settings.clientTimeLimits.nextRequest == .seconds(12))
        #expect(settings.deletionGrace == .seconds(11 * 24 * 3600))
        let none = try await self.settings(["UNIFY_USER_RATE": "0", "UNIFY_USER_DATABASE_MB": "0"])
        #expect(none.userLimits.requestsPerSecond == nil)
        #expect(none.userLimits.maxDatabaseBytes == nil)
    }

    @Test func theBeginOfNames() async throws {
        let longest = "u" + String(repeating: "x", count: 19)
        #expect(try await settings(["UNIFY_DATABASE_PREFIX": longest]).databasePrefix == longest)
        #expect(await refusal(["UNIFY_DATABASE_PREFIX": longest + "x"]) == .invalidConfiguration)
        #expect(MultiTenantDatabaseManager.Options.isNamePrefix(longest))
        #expect(!MultiTenantDatabaseManager.Options.isNamePrefix(longest + "x"))
        #expect(MultiTenantDatabaseManager.Options.maxNamePrefix == 20)
    }

    // MARK: Descriptors

    /// Three quarters of them, less than 256 left where there are enough, by three; 4 to 10,000.
    @Test(arguments: [
        (1, 4), (16, 4), (63, 5), (340, 28), (512, 85), (1000, 248), (1023, 255), (1024, 256), (1025, 256),
        (4096, 1024), (39_999, 9_999), (40_000, 10_000), (40_004, 10_000), (1_048_576, 10_000),
    ])
    func connectionsOverAllUsers(descriptors: Int, connections: Int) {
        #expect(DescriptorBudget(limit: descriptors).connections == connections)
    }

    @Test func connectionsOfClients() {
        #expect(DescriptorBudget(limit: 1022).clients(beside: 314) == 16)
        #expect(DescriptorBudget(limit: 1021).clients(beside: 314) == nil)
        #expect(DescriptorBudget(limit: 20_075).clients(beside: 4) == 19_999)
        #expect(DescriptorBudget(limit: 20_076).clients(beside: 4) == 20_000)
        #expect(DescriptorBudget(limit: 20_077).clients(beside: 4) == 20_000)
        #expect(DescriptorBudget.overhead == 64)
        #expect(DescriptorBudget.reserved == 256)
        #expect(DescriptorBudget.perConnection == 3)
        #expect(DescriptorBudget.sensibleLimit == 1024)
    }

    @Test func tooManyConnectionsStopTheStart() async throws {
        let many = ["UNIFY_MAX_CONNECTIONS": "314"]
        #expect(try await settings(many, descriptors: 1022).maxClients == 16)
        #expect(await refusal(many, descriptors: 1021) == .invalidConfiguration)
    }
}
