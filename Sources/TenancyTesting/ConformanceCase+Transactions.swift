internal import Tenancy

extension ConformanceCase {
    /// Transactions, and what other connections see of them.
    static let transactions: [ConformanceCase] = [
        ConformanceCase("commit keeps what a transaction did") { test in
            try await test.withTwoConnections { first, second in
                try await first.begin(.write)
                try await first.addOwner("kept")
                try test.expect(try await second.ownerCount, is: 0, "what another sees before the commit")
                try await first.commit()
                try test.expect(try await second.ownerNames, is: ["kept"], "what another sees after the commit")
                try test.expect(!first.needsReset, "needsReset after a commit is true")
            }
        },
        ConformanceCase("rollback undoes what a transaction did") { test in
            try await test.withConnection { connection in
                try await connection.addOwner("kept")
                try await connection.begin(.write)
                try await connection.addOwner("undone")
                try await connection.run("DELETE FROM Owners WHERE Name = 'kept'")
                try await connection.rollback()
                try test.expect(try await connection.ownerNames, is: ["kept"], "the names")
            }
        },
        ConformanceCase("rollback without a transaction is no error") { test in
            try await test.withConnection { connection in
                try await connection.rollback()
                try await connection.addOwner("afterwards")
                try test.expect(try await connection.ownerCount, is: 1, "the number of rows")
            }
        },
        ConformanceCase("rollback works when the task is cancelled") { test in
            try await test.withTwoConnections { first, second in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await first.begin(.write)
                        try await first.addOwner("undone")
                        withUnsafeCurrentTask { $0?.cancel() }
                        try await first.rollback()
                    }
                    try await group.waitForAll()
                }
                try await second.addOwner("the lock is free")
                try test.expect(try await first.ownerNames, is: ["the lock is free"], "the names")
            }
        },
        ConformanceCase("a transaction with a failed statement can be rolled back") { test in
            try await test.withConnection { connection in
                try await connection.begin(.write)
                try await connection.addOwner("undone")
                try await test.expect(.uniqueViolation, from: "the second row of one name") {
                    try await connection.addOwner("undone")
                }
                try await connection.rollback()
                try test.expect(try await connection.ownerCount, is: 0, "the number of rows")
                try await connection.begin(.write)
                try await connection.addOwner("kept")
                try await connection.commit()
                try test.expect(try await connection.ownerNames, is: ["kept"], "the names")
            }
        },
        ConformanceCase("commit after a failure that was swallowed keeps the rest or throws") { test in
            try await test.withTwoConnections { first, second in
                try await first.begin(.write)
                try await first.addOwner("before")
                try await test.expect(.uniqueViolation, from: "the second row of one name") {
                    try await first.addOwner("before")
                }
                var isTold = false
                do {
                    try await first.addOwner("after")
                    try await first.commit()
                } catch is TenancyError {
                    isTold = true
                    try await first.rollback()
                }
                try test.expect(
                    try await second.ownerNames, is: isTold ? [] : ["after", "before"],
                    "what is kept where the commit \(isTold ? "failed" : "succeeded")")
            }
        },
        ConformanceCase("commit without a word between a failure and it keeps the rest or throws") { test in
            try await test.withTwoConnections { first, second in
                try await first.begin(.write)
                try await first.addOwner("before")
                try await test.expect(.uniqueViolation, from: "the second row of one name") {
                    try await first.addOwner("before")
                }
                var isTold = false
                do {
                    try await first.commit()
                } catch is TenancyError {
                    isTold = true
                    try await first.rollback()
                }
                try test.expect(
                    try await second.ownerNames, is: isTold ? [] : ["before"],
                    "what is kept where the commit \(isTold ? "failed" : "succeeded")")
            }
        },
        ConformanceCase("closing a connection undoes its open transaction") { test in
            try await test.withDatabase { location in
                try await test.withConnection(to: location) { connection in
                    try await connection.begin(.write)
                    try await connection.addOwner("undone")
                }
                try await test.withConnection(to: location) { connection in
                    try test.expect(try await connection.ownerCount, is: 0, "the number of rows")
                }
            }
        },
        ConformanceCase("reset ends an open transaction and makes the connection usable") { test in
            try await test.withConnection { connection in
                try test.expect(!connection.needsReset, "needsReset of a new connection is true")
                try await connection.begin(.write)
                try await connection.addOwner("undone")
                try test.expect(connection.needsReset, "needsReset in a transaction is false")
                try test.expect(await connection.reset(), "reset failed")
                try test.expect(!connection.needsReset, "needsReset after reset is true")
                try test.expect(try await connection.ownerCount, is: 0, "the number of rows")
                try await connection.begin(.write)
                try await connection.commit()
            }
        },
        ConformanceCase("two connections see each other's rows") { test in
            try await test.withTwoConnections { first, second in
                try await first.addOwner("a")
                try await second.addOwner("b")
                try test.expect(try await first.ownerNames, is: ["a", "b"], "what the first sees")
                try test.expect(try await second.ownerNames, is: ["a", "b"], "what the second sees")
            }
        },
        ConformanceCase("a transaction for reading sees one state from its first query to its end") { test in
            try await test.withTwoConnections { reader, writer in
                try await writer.addOwner("before")
                try await reader.begin(.read)
                try test.expect(try await reader.ownerNames, is: ["before"], "what the reader sees at first")
                try await writer.addOwner("meanwhile")
                try test.expect(try await reader.ownerNames, is: ["before"], "what the reader sees after a commit")
                try await reader.commit()
                try test.expect(
                    try await reader.ownerNames, is: ["before", "meanwhile"], "what the reader sees afterwards")
            }
        },
    ]
}
