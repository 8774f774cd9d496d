internal import Tenancy

extension ConformanceCase {
    /// Statements, their parameters and their results.
    static let statements: [ConformanceCase] = [
        ConformanceCase("a wrong number of parameters is refused") { test in
            try await test.withConnection { connection in
                let sql = "INSERT INTO Samples (Sample_ID, Amount) VALUES (?, ?)"
                for parameters in [[], [1], [1, 2, 3]] as [[SQLValue]] {
                    try await test.expect(.invalidStatement, from: "\(parameters.count) parameters for two") {
                        try await connection.run(sql, parameters)
                    }
                }
                try await connection.run(sql, [1, 2])
                try test.expect(try await connection.number("SELECT COUNT(*) FROM Samples"), is: 1, "the rows")
            }
        },
        ConformanceCase("two statements in one text are refused, and neither runs") { test in
            try await test.withConnection { connection in
                for second in ["DELETE FROM Owners", "SELECT 1", "DROP TABLE Owners;"] {
                    try await test.expect(.invalidStatement, from: "two statements") {
                        try await connection.run("INSERT INTO Owners (Name) VALUES ('first'); \(second)")
                    }
                }
                try test.expect(try await connection.ownerCount, is: 0, "the number of rows")
            }
        },
        ConformanceCase("an empty text is refused") { test in
            try await test.withConnection { connection in
                for sql in ["", "  \n", ";"] {
                    try await test.expect(.invalidStatement, from: "the statement “\(sql)”") {
                        try await connection.run(sql)
                    }
                }
            }
        },
        ConformanceCase("SQL in a parameter stays a value") { test in
            try await test.withConnection { connection in
                let name = "x'); DROP TABLE Owners; --"
                try await connection.addOwner(name)
                let rows = try await connection.rows("SELECT Name FROM Owners WHERE Name = ?", [.text(name)])
                try test.expect(rows.map { $0[0] }, is: [.text(name)], "the name")
                let all = try await connection.rows("SELECT Name FROM Owners WHERE Name = ?", ["' OR '1'='1"])
                try test.expect(all.count, is: 0, "the number of rows that an injection finds")
            }
        },
        ConformanceCase("a statement tells how many rows it changed") { test in
            try await test.withConnection { connection in
                for name in ["a", "b", "c"] { try await connection.addOwner(name) }
                let sql = "DELETE FROM Owners WHERE Name <> ?"
                try test.expect(try await connection.run(sql, ["b"]).changes, is: 2, "what the first DELETE changed")
                try test.expect(try await connection.run(sql, ["b"]).changes, is: 0, "what the second DELETE changed")
            }
        },
        ConformanceCase("an insert gives back the number of its row") { test in
            try await test.withConnection { connection in
                for name in ["a", "b"] {
                    let id = try await connection.insertOwner(name, in: test.engine.dialect)
                    let found = try await connection.number("SELECT Owner_ID FROM Owners WHERE Name = ?", [.text(name)])
                    try test.expect(id, is: found, "the number of the row \(name)")
                }
            }
        },
        ConformanceCase("the number of a deleted row is not given again") { test in
            try await test.withDatabase { location in
                let dialect = test.engine.dialect
                let last = try await test.withConnection(to: location) { connection in
                    _ = try await connection.insertOwner("first", in: dialect)
                    let last = try await connection.insertOwner("last", in: dialect)
                    try await connection.run("DELETE FROM Owners")
                    return last
                }
                let next = try await test.withConnection(to: location) { try await $0.insertOwner("next", in: dialect) }
                try test.expect(next > last, "after the row \(last) was deleted, the next one got \(next)")
            }
        },
        ConformanceCase("a query may be asked again after the table has changed") { test in
            try await test.withConnection(as: .maintenance) { connection in
                try await connection.run("CREATE TABLE Changing (First_Column INTEGER)")
                try await connection.run("INSERT INTO Changing (First_Column) VALUES (1)")
                let sql = "SELECT * FROM Changing"
                try test.expect(
                    try await connection.rows(sql).columns.count, is: 1, "the number of columns at first")
                try await connection.run("ALTER TABLE Changing ADD Second_Column INTEGER")
                let rows = try await connection.rows(sql)
                try test.expect(rows.columns.index(of: "Second_Column"), is: 1, "the place of the new column")
                try test.expect(rows.first?[1], is: .null, "the new cell")
            }
        },
        ConformanceCase("statements given at the same time run one after the other") { test in
            try await test.withConnection { connection in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<40 as Range<Int64> {
                        group.addTask {
                            try await connection.run(
                                "INSERT INTO Samples (Sample_ID, Amount) VALUES (?, ?)",
                                [.integer(index), .integer(index * 10)])
                            let amount = try await connection.number(
                                "SELECT Amount FROM Samples WHERE Sample_ID = ?", [.integer(index)])
                            try test.expect(amount, is: index * 10, "the amount of row \(index)")
                        }
                    }
                    try await group.waitForAll()
                }
                try test.expect(try await connection.number("SELECT COUNT(*) FROM Samples"), is: 40, "the rows")
            }
        },
    ]
}
