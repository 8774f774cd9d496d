import Tenancy
import TenancyTesting
import Testing

@testable import SQLiteEngine

/// Statements that run for long leave threads to others.
@Suite(.timeLimit(.minutes(1))) struct SlowStatementTests {
    private func connections(_ fixture: SQLiteFixture, _ count: Int) async throws -> [any DatabaseConnection] {
        try await fixture.make()
        var connections: [any DatabaseConnection] = []
        for _ in 0..<count { connections.append(try await fixture.engine.connect(to: fixture.location, as: .user)) }
        return connections
    }

    private func codes(
        of connections: [any DatabaseConnection], _ limits: StatementLimits
    ) async -> [TenancyError.Code?] {
        await withTaskGroup(of: TenancyError.Code?.self) { group in
            for connection in connections {
                group.addTask { await connection.failure(of: Endless.sql, limits: limits) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test func oneMoreThanMayRunForLongIsStoppedAndPlacesAreGivenBack() async throws {
        let fixture = try SQLiteFixture(options: .init(maxThreads: 4, maxSlowStatements: 1))
        let all = try await connections(fixture, 3)
        let limits = StatementLimits(access: .read, timeLimit: .milliseconds(500))
        for _ in 1...2 {
            let codes = await codes(of: all, limits)
            #expect(codes.filter { $0 == .deadlineExceeded }.count == 1)
            #expect(codes.filter { $0 == .overloaded }.count == 2)
        }
        for connection in all { await connection.close() }
    }

    @Test func longReadsTakeNoThreadOfOthers() async throws {
        let fixture = try SQLiteFixture(options: .init(maxThreads: 1, maxSlowStatements: 1))
        let all = try await connections(fixture, 3)
        var long = StatementLimits(access: .read, timeLimit: .seconds(20))
        long.isLong = true
        let limits = long
        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in all.prefix(2) {
                group.addTask { #expect(await connection.failure(of: Endless.sql, limits: limits) == .cancelled) }
            }
            // The only thread for other statements is free.
            try await all[2].run("INSERT INTO Things (Name) VALUES ('a')")
            #expect(try await all[2].run("SELECT Name FROM Things").count == 1)
            group.cancelAll()
            try await group.waitForAll()
        }
        for connection in all { await connection.close() }
    }

    @Test func waitingCountsForTheTimeOfALongRead() async throws {
        let fixture = try SQLiteFixture(options: .init(maxThreads: 2, maxSlowStatements: 1))
        let all = try await connections(fixture, 3)
        var limits = StatementLimits(access: .read, timeLimit: .milliseconds(300))
        limits.isLong = true
        let started = ContinuousClock.now
        #expect(await codes(of: all, limits) == Array(repeating: .deadlineExceeded, count: 3))
        #expect(ContinuousClock.now - started < .milliseconds(850), "not one after the other")
        for connection in all { await connection.close() }
    }

    @Test func defaults() {
        #expect(SQLiteEngine.Options(maxThreads: 4).maxSlowStatements == 1)
        #expect(SQLiteEngine.Options().maxSlowStatements <= 16)
        #expect(SlowStatements.threshold == .milliseconds(50))
    }
}
