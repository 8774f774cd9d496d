import Tenancy
import TenancyTesting
import UnifyTesting

extension TestSystem {
    /// Lends a new system whose main database and users' databases are at a place.
    static func with<Result: Sendable>(
        _ place: TestPlace,
        options: MultiTenantDatabaseManager.Options = MultiTenantDatabaseManager.Options(),
        keyRing: KeyRing = KeyRing(current: .random()),
        _ body: @Sendable (TestSystem) async throws -> Result
    ) async throws -> Result {
        try await place.whileOthersWait {
            try await with(place.engine, server: place.server?.location, options: options, keyRing: keyRing) {
                try await body($0)
            }
        }
    }

    /// A second system, as of another process, over the same main database.
    func another(
        at place: TestPlace, options: MultiTenantDatabaseManager.Options, keyRing: KeyRing
    ) async throws -> TestSystem {
        var options = options
        options.namePrefix = manager.options.namePrefix
        return try await TestSystem.open(
            place.engine, server: place.server?.location, mainLocation: main.location, in: directory,
            options: options, keyRing: keyRing)
    }

    /// The names of this system's databases, as the server lists them.
    func databaseNames(at place: TestPlace) async throws -> [String] {
        guard let server = place.server else { return [] }
        return try await server.databaseNames(beginningWith: manager.options.namePrefix, on: place.engine).sorted()
    }

    /// The names of this system's logins, as the server lists them.
    func loginNames(at place: TestPlace) async throws -> [String] {
        guard let server = place.server else { return [] }
        return try await server.loginNames(beginningWith: manager.options.namePrefix, on: place.engine).sorted()
    }
}

extension TestPlace {
    /// This place's engine and server as a manager of another place's main database registers it.
    func serverRequest(_ name: String) throws -> ServerRequest {
        guard let location = server?.location, let host = location.host, let login = location.login else {
            throw TestFailure("\(kind) has no server")
        }
        return try ServerRequest(name: name, engine: kind, host: host, port: location.port, login: login)
    }
}
