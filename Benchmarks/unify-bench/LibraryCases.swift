internal import Foundation
internal import SQLiteFloor
internal import Tenancy

/// The cases of the library on SQLite and the databases that they work on.
struct LibraryCases {
    struct Case {
        let name: String
        let measure: () async throws -> Measurement
    }

    private static let rows = 1000
    private static let busyUsers = 100
    private static let writers = 64
    private static let made = 2000
    private static let floorName = "SQLite's C interface"
    private let system: BenchmarkSystem
    private let users: [UserID]
    private let floorUser: UserID
    private let rounds: Int

    static func prepare(in folder: String, rounds: Int) async throws -> LibraryCases {
        let system = try await BenchmarkSystem.open(in: folder)
        let users = try await system.makeUsers(busyUsers + 1, prefix: "user-")
        for user in users { try await system.addTasks(rows, to: user) }
        // The floor reads its own user's rows by the number 1, as ours do.
        return LibraryCases(system: system, users: users, floorUser: users[0], rounds: rounds)
    }

    func close() async { await system.close() }

    var all: [Case] {
        [
            Case(name: "point read inside a lease", measure: readsInLease),
            Case(name: "lease, point read, give back", measure: leases),
            Case(name: "leases with a point read, 8 tasks over 100 users", measure: leasesAtOnce),
            Case(name: "cold: evicted database to first row", measure: coldOpens),
            Case(name: "durable insert, 64 users at once", measure: inserts),
            Case(name: "making user databases", measure: makings),
            Case(name: "making user databases, rate", measure: makingRate),
            Case(name: "making user databases, beside files alone", measure: makingFloor),
        ]
    }

    // MARK: Reading

    private static let read = "SELECT Task_ID, Title, Description FROM Tasks WHERE User_ID = ? AND Task_ID = ?"

    private static func parameters(_ user: UserID, _ index: Int) -> [SQLValue] {
        [.integer(user.rawValue), .integer(Int64(index % rows + 1))]
    }

    private func readsInLease() async throws -> Measurement {
        let count = 50_000
        let user = floorUser
        return try await Measurement(
            name: "point read inside a lease", unit: "µs", peerName: Self.floorName, kind: .ratio, relation: .atMost,
            target: 1.5
        ).measured(rounds: rounds) {
            try await system.manager.withUserDatabase(user, .read) { database in
                try await Stopwatch.time {
                    for index in 0..<count { _ = try await database.fetchAll(Self.read, Self.parameters(user, index)) }
                } / Double(count) * 1e6
            }
        } peer: {
            try floorReads(count)
        }
    }

    private func leases() async throws -> Measurement {
        let count = 50_000
        return try await Measurement(
            name: "lease, point read, give back", unit: "µs", peerName: Self.floorName, kind: .difference,
            relation: .atMost, target: 10
        ).measured(rounds: rounds) {
            try await Stopwatch.time {
                for index in 0..<count { try await readLeased(floorUser, index) }
            } / Double(count) * 1e6
        } peer: {
            try floorReads(count)
        }
    }

    private func leasesAtOnce() async throws -> Measurement {
        let (tasks, count) = (8, 40_000)
        return try await Measurement(
            name: "leases with a point read, 8 tasks over 100 users", unit: "/s", peerName: "", kind: .value,
            relation: .atLeast, target: 100_000
        ).measured(rounds: rounds) {
            let (system, users) = (system, Array(users.prefix(Self.busyUsers)))
            let seconds = try await Stopwatch.time(tasks: tasks) { task in
                for index in 0..<count {
                    let user = users[(task * 13 + index) % users.count]
                    _ = try await system.manager.fetchAll(Self.read, Self.parameters(user, index), userID: user)
                }
            }
            return Double(tasks * count) / seconds
        }
    }

    private func readLeased(_ user: UserID, _ index: Int) async throws {
        _ = try await system.manager.fetchAll(Self.read, Self.parameters(user, index), userID: user)
    }

    private func coldOpens() async throws -> Measurement {
        let count = 2000
        await evictAll()
        return try await Measurement(
            name: "cold: evicted database to first row", unit: "µs", peerName: Self.floorName, kind: .ratio,
            relation: .atMost, target: 1.6, note: "closing included on both sides"
        ).measured(rounds: rounds) {
            try await Stopwatch.time {
                for _ in 0..<count {
                    _ = try await system.manager.fetchAll(
                        "SELECT Title FROM Tasks WHERE Task_ID = 1", userID: floorUser)
                    await system.manager.evictOldest()
                }
            } / Double(count) * 1e6
        } peer: {
            try Self.microseconds(count, floor_cold_opens(system.path(of: floorUser), Int32(count)))
        }
    }

    private func evictAll() async {
        for _ in users { await system.manager.evictOldest() }
    }

    private func floorReads(_ count: Int) throws -> Double {
        try Self.microseconds(count, floor_point_reads(system.path(of: floorUser), Int32(count), Int32(Self.rows)))
    }

    // MARK: Writing

    private func inserts() async throws -> Measurement {
        let each = 200
        let writing = Array(users.dropFirst().prefix(Self.writers))
        let total = Double(each * writing.count)
        return try await Measurement(
            name: "durable insert, 64 users at once", unit: "/s", peerName: "64 threads on \(Self.floorName)",
            kind: .ratio, relation: .atLeast, target: 0.8
        ).measured(rounds: rounds) {
            let system = system
            return total
                / (try await Stopwatch.time(tasks: writing.count) { task in
                    let user = writing[task]
                    for _ in 0..<each {
                        try await system.manager.withUserDatabase(user) {
                            try await BenchmarkSystem.insertTask("new", of: user, in: $0)
                        }
                    }
                })
        } peer: {
            total
                / (try Self.seconds(
                    Self.withPaths(writing.map(system.path)) {
                        floor_durable_inserts($0, Int32(writing.count), Int32(each))
                    }))
        }
    }

    // MARK: Making

    private func makings() async throws -> Measurement {
        try await Measurement(
            name: "making user databases", unit: "/s", peerName: "a loop of DDL in C", kind: .ratio,
            relation: .atLeast, target: 10, note: "2,000 of them, 64 at once; the loop makes them in turn"
        ).measured(rounds: rounds, ours: makingsPerSecond) {
            Double(Self.made)
                / (try Self.seconds(floor_make_databases(try newFolder(), Int32(Self.made))))
        }
    }

    private func makingRate() async throws -> Measurement {
        try await Measurement(
            name: "making user databases, rate", unit: "/s", peerName: "", kind: .value, relation: .atLeast,
            target: 1000, note: "asked for where the disk syncs in 0.4 ms"
        ).measured(rounds: rounds, ours: makingsPerSecond)
    }

    /// What no way of making them could go beyond: each is a file of its own, on disk before it is told of.
    private func makingFloor() async throws -> Measurement {
        try await Measurement(
            name: "making user databases, beside files alone", unit: "/s", peerName: "64 threads that make files",
            kind: .ratio, relation: .atLeast, target: 0,
            note: "files of the size of an empty user database, each flushed with its folder"
        ).measured(rounds: rounds, ours: makingsPerSecond) {
            let count = Self.made - Self.made % Self.writers
            return Double(count)
                / (try Self.seconds(floor_durable_files(try newFolder(), Int32(Self.writers), Int32(count), 53_248)))
        }
    }

    private func makingsPerSecond() async throws -> Double {
        let prefix = "made-\(UInt32.random(in: 0 ... .max))-"
        return Double(Self.made)
            / (try await Stopwatch.time { _ = try await system.makeUsers(Self.made, prefix: prefix) })
    }

    /// A folder that stays until all is measured: for minutes after files were removed, ext4 looks long for the number of a
    /// new one.
    private func newFolder() throws -> String {
        let folder = "\(system.folder)/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        return folder
    }

    // MARK: Floor

    private static func withPaths<Result>(
        _ paths: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = paths.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return copies.map { UnsafePointer($0) }.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("no paths") }
            return body(base)
        }
    }

    private static func seconds(_ seconds: Double) throws -> Double {
        guard seconds > 0 else { throw TenancyError(.internalFailure, "SQLite failed under the floor's program.") }
        return seconds
    }

    private static func microseconds(_ count: Int, _ taken: Double) throws -> Double {
        try seconds(taken) / Double(count) * 1e6
    }
}
