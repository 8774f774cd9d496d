internal import Synchronization
internal import Tenancy

extension ConformanceCase {
    /// Cancelling and interrupting.
    static let stopping: [ConformanceCase] = [
        ConformanceCase("cancelling the task stops its statement, and the connection stays usable") { test in
            try await test.withConnection { connection in
                try await connection.addOwner("kept")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await test.expect(.cancelled, from: "a query whose task is cancelled") {
                            try await connection.query(test.endlessQuery, limits: StatementLimits(access: .read))
                        }
                    }
                    await Task.yield()
                    group.cancelAll()
                    try await group.waitForAll()
                }
                try test.expect(await connection.reset(), "reset failed")
                try test.expect(try await connection.ownerNames, is: ["kept"], "a query after the error")
            }
        },
        ConformanceCase("a statement of a task cancelled before does not run") { test in
            try await test.withConnection { connection in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        withUnsafeCurrentTask { $0?.cancel() }
                        try await test.expect(.cancelled, from: "an insert of a cancelled task") {
                            try await connection.addOwner("never")
                        }
                    }
                    try await group.waitForAll()
                }
                try test.expect(await connection.reset(), "reset failed")
                try test.expect(try await connection.ownerCount, is: 0, "the number of rows")
            }
        },
        ConformanceCase("a write that is stopped is undone, and one that is not is there") { test in
            var random = SeededGenerator(seed: 1)
            try await test.withDatabase { location in
                var (written, stopped) = (Set<String>(), Set<String>())
                for round in 0..<8 {
                    try await test.withConnection(to: location) { connection in
                        for number in 0..<25 {
                            let name = "\(round)-\(number)"
                            let writing = Task { try await connection.addOwner(name) }
                            try await Task.sleep(for: .microseconds(Int.random(in: 0...1500, using: &random)))
                            writing.cancel()
                            do {
                                try await writing.value
                                written.insert(name)
                            } catch let error as TenancyError where error.code == .cancelled {
                                stopped.insert(name)
                                guard await connection.reset() else { break }
                            }
                        }
                    }
                }
                try await test.withConnection(to: location) { connection in
                    let stored = Set(try await connection.ownerNames)
                    try test.expect(written.subtracting(stored), is: [], "writes that succeeded and are not there")
                    try test.expect(stored.intersection(stopped), is: [], "writes that were stopped and are there")
                }
            }
        },
        ConformanceCase("a query that is stopped gives all of its rows or none") { test in
            var random = SeededGenerator(seed: 2)
            try await test.withDatabase { location in
                for round in 0..<4 {
                    try await test.withConnection(to: location) { connection in
                        if round == 0 { for number in 0..<15 { try await connection.addOwner("\(number)") } }
                        for _ in 0..<15 {
                            let sql = "SELECT A.Name FROM Owners A, Owners B, Owners C"
                            let reading = Task { try await connection.rows(sql).count }
                            try await Task.sleep(for: .microseconds(Int.random(in: 0...6000, using: &random)))
                            reading.cancel()
                            do {
                                try test.expect(try await reading.value, is: 15 * 15 * 15, "the number of rows")
                            } catch let error as TenancyError where error.code == .cancelled {
                                guard await connection.reset() else { break }
                            }
                        }
                    }
                }
            }
        },
        ConformanceCase("interrupt stops the statement that runs") { test in
            try await test.withConnection { connection in
                let hasEnded = Flag()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        defer { hasEnded.raise() }
                        try await test.expect(.cancelled, from: "a query that is interrupted") {
                            try await connection.query(test.endlessQuery, limits: StatementLimits(access: .read))
                        }
                    }
                    // An interrupt that arrives before the statement runs may have no effect.
                    while !hasEnded.isRaised {
                        connection.interrupt()
                        await Task.yield()
                    }
                    try await group.waitForAll()
                }
            }
        },
    ]
}

private final class Flag: Sendable {
    private let state = Atomic(false)

    var isRaised: Bool { state.load(ordering: .acquiring) }

    func raise() { state.store(true, ordering: .releasing) }
}
