import MySQLEngine
import Tenancy
import Testing
import UnifyTesting

@Suite(
    "MySQL's own types and collations", .serialized,
    .timeLimit(.minutes(1)))
struct MySQLValueTests {
    /// What a type's text in SQL comes out as.
    private static let values: [(String, SQLValue)] = [
        ("CAST(18446744073709551615 AS UNSIGNED)", .text("18446744073709551615")),
        ("CAST(7 AS UNSIGNED)", .integer(7)),
        ("-9223372036854775808", .integer(.min)),
        ("CAST(1.50 AS DECIMAL(20, 2))", .text("1.50")),
        ("DATE '2024-02-29'", .text("2024-02-29")),
        ("TIME '-838:59:59'", .text("-838:59:59")),
        ("TIMESTAMP '1969-12-31 23:59:59.999'", .timestamp(Timestamp(milliseconds: -1))),
        ("TIMESTAMP '2024-02-29 12:00:00.123456'", .timestamp(Timestamp(milliseconds: 1_709_208_000_123))),
        ("X'00FF'", .blob([0, 255])),
        ("CAST('' AS BINARY(0))", .blob([])),
        ("NULL", .null),
        ("1e0 / 3", .double(1.0 / 3)),
        ("'text'", .text("text")),
        ("JSON_OBJECT('a', 1)", .text("{\"a\": 1}")),
        ("1 = 1", .integer(1)),
        ("'a\\nb'", .text("a\\nb")),
    ]

    @Test func valuesComeOutAsTheirKind() async throws {
        try await MySQLDatabase.with { database in
            try await database.withConnection { connection in
                for (sql, expected) in Self.values {
                    let cells = try await connection.cells("SELECT \(sql)")
                    #expect(cells == [expected], "\(sql)")
                }
            }
        }
    }

    @Test func columnsComeOutAsTheirKind() async throws {
        try await MySQLDatabase.with { database in
            try await database.withConnection(as: .maintenance) { connection in
                try await connection.run(
                    """
                    CREATE TABLE Kinds (A TINYINT UNSIGNED, B SMALLINT, C MEDIUMINT UNSIGNED, D INT UNSIGNED, E YEAR,
                        F BIT(64), G FLOAT, H ENUM('x', 'y'), I TINYINT(1), J CHAR(3), K VARBINARY(3), L TINYTEXT)
                    """)
                try await connection.run(
                    """
                    INSERT INTO Kinds VALUES (255, -32768, 16777215, 4294967295, 2024, b'101', 0.1, 'y', 1, 'ab', X'01',
                        'é')
                    """)
                #expect(
                    try await connection.cells("SELECT * FROM Kinds") == [
                        255, -32768, 16_777_215, 4_294_967_295, 2024, 5, .double(Double(Float(0.1))), "y", 1, "ab",
                        .blob([1]), "é",
                    ])
            }
        }
    }

    @Test func exactTextIsComparedByItsBytes() async throws {
        try await MySQLDatabase.with { database in
            try await database.withConnection { connection in
                let names: [SQLValue] = ["a", "a ", "A", "á", "😀", "😎"]
                for name in names { try await connection.run("INSERT INTO Things (Name) VALUES (?)", [name]) }
                for name in names {
                    #expect(try await connection.cells("SELECT Name FROM Things WHERE Name = ?", [name]) == [name])
                }
                try await connection.run("UPDATE Things SET Nickname = 'Ann' WHERE Name = 'a'")
                #expect(try await connection.cells("SELECT Name FROM Things WHERE Nickname = ?", ["aNN"]) == ["a"])
            }
        }
    }

    @Test func containsKnowsLettersAndNothingElse() async throws {
        try await MySQLDatabase.with { database in
            try await database.withConnection { connection in
                for name in ["Hello 50%", "hällo", "😀", "İstanbul"] {
                    try await connection.run("INSERT INTO Things (Name) VALUES (?)", [.text(name)])
                }
                let condition = database.engine.dialect.contains("Name")
                for (text, expected) in [
                    ("HELL", ["Hello 50%"]), ("0%", ["Hello 50%"]), ("_", []), ("ä", ["hällo"]), ("😀", ["😀"]),
                    ("😎", []), ("stan", ["İstanbul"]),
                ] as [(String, [SQLValue])] {
                    let found = try await connection.cells(
                        "SELECT Name FROM Things WHERE \(condition)",
                        [.text(database.engine.dialect.pattern(containing: text))])
                    #expect(found == expected, "\(text)")
                }
            }
        }
    }

    @Test func valuesThatDoNotFitAreRefused() async throws {
        try await MySQLDatabase.with { database in
            try await database.withConnection { connection in
                let long = SQLValue.text(String(repeating: "x", count: 101))
                for (sql, value) in [
                    ("INSERT INTO Things (Name) VALUES (?)", long),
                    ("INSERT INTO Things (Name, Amount) VALUES ('a', ?)", "twelve"),
                    ("INSERT INTO Things (Name, Amount) VALUES ('a', ?)", .double(.infinity)),
                ] as [(String, SQLValue)] {
                    try await expect(.constraintViolation) { try await connection.run(sql, [value]) }
                }
                #expect(try await connection.cells("SELECT COUNT(*) FROM Things") == [0])
            }
        }
    }

    @Test func anUpdateToTheSameValueCounts() async throws {
        try await MySQLDatabase.with { database in
            try await database.withConnection { connection in
                try await connection.run("INSERT INTO Things (Name) VALUES ('a')")
                #expect(try await connection.run("UPDATE Things SET Name = 'a'").changes == 1)
            }
        }
    }

    @Test func columnsThatGotOtherNamesAreFound() async throws {
        try await MySQLDatabase.with { database in
            try await database.withConnection(as: .maintenance) { connection in
                let sql: SQLStatement = "SELECT * FROM Things WHERE Thing_ID > 0"
                let limits = StatementLimits(access: .read)
                #expect(try await connection.query(sql, limits: limits).columns.index(of: "Amount") == 3)
                try await connection.run("ALTER TABLE Things CHANGE Amount Quantity VARCHAR(10)")
                try await connection.run("INSERT INTO Things (Name, Quantity) VALUES ('a', 'many')")
                let rows = try await connection.query(sql, limits: limits)
                #expect(rows.columns.index(of: "Quantity") == 3)
                #expect(rows.first?[3] == "many")
            }
        }
    }
}
