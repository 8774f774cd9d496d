import SQLiteEngine
import TenancyTesting
import Testing

@testable import Tenancy

/// A sealed password opens for the server, port, login and TLS that it was sealed for, and for nothing else.
@Suite(.tags(.proof), .timeLimit(.minutes(1))) struct SealedPlaceTests {
    private static let statement = """
        INSERT INTO Database_Server (Name, DB_Type, Host, Port, Login, Password, TLS, Max_Connections, State, \
        Created_Date) VALUES ('pg1', 'postgresql', 'db1.example.org', 5432, 'prov', ?, 'verify-full', 10, 'active', \
        '2026-01-01T00:00:00.000Z')
        """
    private let place = PasswordPlace.server(
        "pg1", .postgresql, host: "db1.example.org", port: 5432, login: "prov",
        tls: TLSOptions(mode: .verifyFull))
    private let ring = KeyRing(current: .random())

    private func server(in system: TestSystem) async throws -> DatabaseServer {
        try await system.main.withDatabase(.read) {
            try #require(try await ServerRepository($0).find(name: "pg1"))
        }
    }

    private func open(_ system: TestSystem) async throws -> String? {
        try ServerDirectory(main: system.main, keyRing: ring).location(of: try await server(in: system))
            .provisioningLogin?.password.unsafeReveal()
    }

    @Test(arguments: [
        "Port = 5433", "Port = NULL", "Host = 'evil.example.org'", "Login = 'other'", "TLS = 'disable'",
        "TLS = 'prefer'",
        "TLS = 'verify-full:/tmp/evil.pem'", "DB_Type = 'mysql'",
    ])
    func aChangedPlaceIsRefused(change: String) async throws {
        try await TestSystem.with(SQLiteEngine(), keyRing: ring) { system in
            let sealed = try ring.seal(Secret("s3cret"), in: place).text
            try await system.main.withDatabase(.write) { _ = try await $0.execute(Self.statement, [.text(sealed)]) }
            #expect(try await open(system) == "s3cret")
            try await system.main.withDatabase(.write) {
                _ = try await $0.execute("UPDATE Database_Server SET \(change)")
            }
            let error = await #expect(throws: TenancyError.self) { _ = try await open(system) }
            #expect(error?.code == .unsealFailed)
            #expect(error?.message.contains("Database_Server was changed by other means") == true)
        }
    }

    /// Older installations bound a password to its row alone; that is made up for once, when the audit log gets its key.
    @Test func anOlderInstallationIsBoundOnce() async throws {
        try await TestSystem.with(SQLiteEngine(), keyRing: ring) { system in
            let old = try ring.seal(Secret("s3cret"), in: "Database_Server/Password/pg1").text
            try await makeOlder(system, password: old)
            await #expect(throws: TenancyError.self) { _ = try await open(system) }
            try await KeyCheck(system.main).verify(ring)
            #expect(try await open(system) == "s3cret")
            // What is put back from a copy, with another port, is not taken again.
            try await system.main.withDatabase(.write) { database in
                _ = try await database.execute("UPDATE Database_Server SET Password = ?, Port = 5433", [.text(old)])
            }
            try await KeyCheck(system.main).verify(ring)
            await #expect(throws: TenancyError.self) { _ = try await open(system) }
        }
    }

    @Test func aNewRootKeyKeepsThePlace() async throws {
        try await TestSystem.with(SQLiteEngine(), keyRing: ring) { system in
            let sealed = try ring.seal(Secret("s3cret"), in: place).text
            try await system.main.withDatabase(.write) { _ = try await $0.execute(Self.statement, [.text(sealed)]) }
            let next = KeyRing(current: .random(), older: [ring.current])
            #expect(try await KeyRotation(main: system.main, ring: next).run().sealed == 1)
            let server = try await server(in: system)
            #expect(server.sealedPassword.keyID == next.current.id)
            #expect(try next.open(server.sealedPassword, in: place).unsafeReveal() == "s3cret")
        }
    }

    /// A row that does not open hides none of the others, and nobody believes that its key is needed no more.
    @Test(arguments: [
        "Port = 5433", "Password = 'damaged'", "DB_Type = 'oracle'",
        "Password = replace(Password, 'v1.', 'v1.0')",
    ])
    func aRowThatDoesNotOpenStopsNothing(change: String) async throws {
        try await TestSystem.with(SQLiteEngine(), keyRing: ring) { system in
            let sealed = try ring.seal(Secret("s3cret"), in: place).text
            try await system.main.withDatabase(.write) { database in
                _ = try await database.execute(Self.statement, [.text(sealed)])
                _ = try await database.execute("UPDATE Database_Server SET \(change)")
                for name in ["a", "b"] {
                    try await SealedSecretRepository(database, ring: ring).insert(
                        Secret(name), as: name, date: Timestamp(milliseconds: 0))
                }
                _ = try await database.execute("UPDATE Sealed_Secret SET Sealed = 'v1.x.y.z' WHERE Name = 'a'")
            }
            let next = KeyRing(current: .random(), older: [ring.current])
            let rotation = KeyRotation(main: system.main, ring: next)
            let outcome = try await rotation.run()
            #expect(outcome.sealed == 1)
            #expect(outcome.unopened.map(\.table) == ["Database_Server", "Sealed_Secret"])
            #expect(outcome.unopened.allSatisfy { $0.row == 1 && !"\($0)".contains("s3cret") })
            #expect(try await rotation.status().unopened == outcome.unopened)
            let found = try await system.main.withDatabase(.read) {
                try await SealedSecretRepository($0, ring: next).find("b")?.unsafeReveal()
            }
            #expect(found == "b")
        }
    }

    @Test func anOlderInstallationStartsWithARowThatDoesNotOpen() async throws {
        try await TestSystem.with(SQLiteEngine(), keyRing: ring) { system in
            let moved = try ring.seal(Secret("s3cret"), in: "Database_Server/Password/pg2").text
            try await makeOlder(system, password: moved)
            let upgrade = try await KeyCheck(system.main).verify(ring)
            #expect(upgrade?.unopened.map(\.keyID) == [ring.current.id])
        }
    }

    /// Passwords are bound once: with a key missing nothing is done, so that it can be done with the key.
    @Test func anOlderInstallationWaitsForAKeyThatIsMissing() async throws {
        try await TestSystem.with(SQLiteEngine(), keyRing: ring) { system in
            let older = RootKey.random()
            let old = try KeyRing(current: older).seal(Secret("s3cret"), in: "Database_Server/Password/pg1").text
            try await makeOlder(system, password: old)
            let error = await #expect(throws: TenancyError.self) { try await KeyCheck(system.main).verify(ring) }
            #expect(error?.code == .keyMissing)
            let whole = KeyRing(current: ring.current, older: [older])
            #expect(try await KeyCheck(system.main).verify(whole)?.unopened == [])
            let server = try await server(in: system)
            #expect(try whole.open(server.sealedPassword, in: place).unsafeReveal() == "s3cret")
        }
    }

    /// Makes the main database one from before passwords were bound to more than their rows.
    private func makeOlder(_ system: TestSystem, password: String) async throws {
        let check = try ring.seal(Secret("unify"), in: "Master_Key/Check_Value").text
        try await system.main.withDatabase(.write) { database in
            _ = try await database.execute(Self.statement, [.text(password)])
            _ = try await database.execute("UPDATE Master_Key SET Check_Value = ?", [.text(check)])
        }
    }

    @Test func noPartGivesToTheNext() {
        let one = PasswordPlace.server("a", .mysql, host: "h/4:1234", port: nil, login: "l", tls: TLSOptions())
        let other = PasswordPlace.server("a", .mysql, host: "h", port: 1234, login: "l", tls: TLSOptions())
        #expect(one.text != other.text)
    }
}
