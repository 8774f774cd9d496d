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
