internal import Tenancy

extension ConformanceCase {
    /// Error codes.
    static let errors: [ConformanceCase] = [
        ConformanceCase("a key that is taken is a uniqueViolation, and the error does not tell the value") { test in
            try await test.withConnection { connection in
                let name = "a-name-nobody-may-read"
                try await connection.addOwner(name)
                do {
                    try await connection.addOwner(name)
                    throw ConformanceFailure("the second row of one name was taken")
                } catch let error as TenancyError {
                    try test.expect(error.code, is: .uniqueViolation, "the code")
                    let texts = "\(error) \(error.debugDescription)"
                    try test.expect(!texts.contains(name), "the error tells the value: \(texts)")
                }
                try await connection.run("INSERT INTO Samples (Sample_ID) VALUES (1)")
                try await test.expect(.uniqueViolation, from: "a second row of one primary key") {
                    try await connection.run("INSERT INTO Samples (Sample_ID) VALUES (1)")
                }
                try test.expect(try await connection.ownerCount, is: 1, "the number of rows")
            }
        },
        ConformanceCase("null in a required column is a constraintViolation") { test in
            try await test.withConnection { connection in
                try await test.expect(.constraintViolation, from: "an owner without a name") {
                    try await connection.run("INSERT INTO Owners (Name) VALUES (?)", [nil])
                }
            }
        },
        ConformanceCase("a reference to nothing is a constraintViolation") { test in
            try await test.withConnection { connection in
                try await test.expect(.constraintViolation, from: "an item of nobody") {
                    try await connection.run("INSERT INTO Items (Owner_ID) VALUES (?)", [12345])
                }
                let owner = try await connection.insertOwner("owner", in: test.engine.dialect)
                try await connection.run("INSERT INTO Items (Owner_ID) VALUES (?)", [.integer(owner)])
                try await test.expect(.constraintViolation, from: "deleting an owner with an item") {
                    try await connection.run("DELETE FROM Owners")
                }
            }
        },
        ConformanceCase("a table that is not there is tableMissing") { test in
            try await test.withConnection { connection in
                try await test.expect(.tableMissing, from: "a query") {
                    try await connection.rows("SELECT * FROM Nowhere")
                }
                try await test.expect(.tableMissing, from: "an insert") {
                    try await connection.run("INSERT INTO Nowhere (A) VALUES (1)")
                }
            }
        },
        ConformanceCase("wrong SQL is an invalidStatement") { test in
            try await test.withConnection { connection in
                // A SELECT without columns is valid in PostgreSQL.
                let bare = test.engine.kind == .postgresql ? [] : ["SELECT"]
                for sql in ["SELEC 1", "SELECT No_Such_Column FROM Owners", "INSERT INTO Owners (Name"] + bare {
                    try await test.expect(.invalidStatement, from: "“\(sql)”") {
                        try await connection.rows(sql, limits: StatementLimits())
                    }
                }
                try test.expect(try await connection.ownerCount, is: 0, "a query after the errors")
            }
        },
        ConformanceCase("a lease for reading refuses what writes") { test in
            try await test.withConnection { connection in
                try await connection.addOwner("kept")
                let reading = StatementLimits(access: .read)
                for sql in [
                    "INSERT INTO Owners (Name) VALUES ('new')", "UPDATE Owners SET Name = 'changed'",
                    "DELETE FROM Owners",
                ] {
                    try await test.expect(.readOnlyLease, from: "“\(sql)” by execute") {
                        try await connection.run(sql, limits: reading)
                    }
                    try await test.expect(.readOnlyLease, from: "“\(sql)” by query") {
                        try await connection.rows(sql, limits: reading)
                    }
                }
                try test.expect(try await connection.ownerNames, is: ["kept"], "the names")
                try test.expect(try await connection.number("SELECT COUNT(*) FROM Items"), is: 0, "the items")
            }
        },
    ]
}
