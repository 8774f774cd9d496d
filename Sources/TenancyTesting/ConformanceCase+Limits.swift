internal import Tenancy

extension ConformanceCase {
    /// The limits of a result and of a statement's time, each at the limit and one beyond.
    static let limits: [ConformanceCase] = [
        ConformanceCase("a result of as many rows as allowed is given, of one more refused") { test in
            try await test.withConnection { connection in
                for index in 0..<5 { try await connection.addOwner("owner \(index)") }
                let sql = "SELECT Name FROM Owners"
                let rows = try await connection.rows(sql, limits: StatementLimits(access: .read, maxRows: 5))
                try test.expect(rows.count, is: 5, "the number of rows")
                try await test.expect(.resultTooLarge, from: "one row too many") {
                    try await connection.rows(sql, limits: StatementLimits(access: .read, maxRows: 4))
                }
                try test.expect(try await connection.ownerCount, is: 5, "a query after the error")
            }
        },
        ConformanceCase("a result of as many bytes as allowed is given, of one more refused") { test in
            try await test.withConnection { connection in
                // 99 bytes of `x` and the digit: 500 together.
                for index in 0..<5 { try await connection.addOwner(String(repeating: "x", count: 99) + "\(index)") }
                let sql = "SELECT Name FROM Owners"
                let rows = try await connection.rows(sql, limits: StatementLimits(access: .read, maxBytes: 500))
                try test.expect(rows.count, is: 5, "the number of rows")
                try await test.expect(.resultTooLarge, from: "one byte too many") {
                    try await connection.rows(sql, limits: StatementLimits(access: .read, maxBytes: 499))
                }
                try test.expect(try await connection.ownerCount, is: 5, "a query after the error")
            }
        },
        ConformanceCase("a statement that runs too long is stopped, and the next one runs") { test in
            try await test.withConnection { connection in
                let limits = StatementLimits(access: .read, timeLimit: .milliseconds(50))
                try await test.expect(.deadlineExceeded, from: "a query that never ends") {
                    try await connection.query(test.endlessQuery, limits: limits)
                }
                try test.expect(try await connection.ownerCount, is: 0, "a query after the error")
            }
        },
        ConformanceCase("waiting for another's lock counts as running") { test in
            try await test.withTwoConnections { holder, waiter in
                try await holder.begin(.write)
                try await holder.addOwner("same")
                try await test.expect(.deadlineExceeded, from: "a statement that waits for a lock") {
                    try await waiter.addOwner("same", limits: StatementLimits(timeLimit: .milliseconds(50)))
                }
                try await holder.rollback()
                try test.expect(await waiter.reset(), "reset failed")
                try await waiter.addOwner("same")
                try test.expect(try await holder.ownerNames, is: ["same"], "the names")
            }
        },
    ]
}
