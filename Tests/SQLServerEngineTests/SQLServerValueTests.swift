import SQLServerEngine
import Tenancy
import Testing
import UnifyTesting

@Suite(
    "SQL Server's own types and collations", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: TestDatabaseServer.hasSQLServer, "UNIFY_TEST_SQLSERVER_URL names no server"))
struct SQLServerValueTests {
    /// What a type's text in SQL comes out as.
    private static let values: [(String, SQLValue)] = [
        ("CAST(255 AS TINYINT)", 255), ("CAST(-32768 AS SMALLINT)", -32768), ("CAST(7 AS INT)", 7),
        ("CAST(-9223372036854775808 AS BIGINT)", .integer(.min)), ("CAST(1 AS BIT)", true),
        ("CAST(0.50 AS DECIMAL(20, 2))", "0.50"), ("CAST(-0.5 AS DECIMAL(20, 1))", "-0.5"),
        ("CAST('12345678901234567890.12' AS DECIMAL(30, 2))", "12345678901234567890.12"),
        ("CAST('2024-02-29' AS DATE)", "2024-02-29"), ("CAST(0.1 AS REAL)", .double(Double(Float(0.1)))),
        ("CAST(1 AS FLOAT(53)) / 3", .double(1.0 / 3)),
        ("CAST('2024-02-29T12:00:00.123' AS DATETIME2(3))", .timestamp(Timestamp(milliseconds: 1_709_208_000_123))),
        (
            "CAST('2024-02-29T13:00:00.123+01:00' AS DATETIMEOFFSET(3))",
            .timestamp(Timestamp(milliseconds: 1_709_208_000_123))
        ),
        ("CAST('0F3C7C5E-58A4-4B6E-9D1C-6A2F4F1F7B10' AS UNIQUEIDENTIFIER)", "0f3c7c5e-58a4-4b6e-9d1c-6a2f4f1f7b10"),
        ("0x00FF", .blob([0, 255])), ("NULL", .null), ("N'text — 😀'", "text — 😀"),
    ]

    @Test func valuesComeOutAsTheirKind() async throws {
        try await TestDatabase.with(SQLServerEngine()) { database in
            try await database.withConnection { connection in
                for (sql, expected) in Self.values {
                    let cells = try await connection.cells("SELECT \(sql) AS Value")
                    #expect(cells == [expected], "\(sql)")
                }
            }
        }
    }

    /// At the bounds where the types of parameters change.
    @Test(arguments: [0, 1, 3999, 4000, 4001, 8000, 8001, 70_000])
    func longTextAndLongBlobsArriveWhole(length: Int) async throws {
        try await TestDatabase.with(SQLServerEngine()) { database in
            try await database.withConnection(as: .maintenance) { connection in
                try await connection.run("CREATE TABLE Long_Values (T NVARCHAR(MAX), B VARBINARY(MAX))")
                let text = String((0..<length).map { Character(UnicodeScalar(UInt8(97 + $0 % 26))) })
                let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
                try await connection.run(
                    "INSERT INTO Long_Values (T, B) VALUES (?, ?)", [.text(text), .blob(bytes)])
                #expect(try await connection.cells("SELECT T, B FROM Long_Values") == [.text(text), .blob(bytes)])
                // A comparison needs the type that the column has.
                #expect(
                    try await connection.cells("SELECT COUNT(*) FROM Long_Values WHERE T = ?", [.text(text)]) == [1])
            }
        }
    }

    @Test func exactTextIsComparedByItsBytes() async throws {
        try await TestDatabase.with(SQLServerEngine()) { database in
            try await database.withConnection { connection in
                let names: [SQLValue] = ["a", "A", "á", "😀", "😎"]
                for name in names { try await connection.run("INSERT INTO Things (Name) VALUES (?)", [name]) }
                for name in names {
                    #expect(try await connection.cells("SELECT Name FROM Things WHERE Name = ?", [name]) == [name])
                }
                try await connection.run("UPDATE Things SET Nickname = 'Ann' WHERE Name = 'a'")
                #expect(try await connection.cells("SELECT Name FROM Things WHERE Nickname = ?", ["aNN"]) == ["a"])
            }
        }
    }

    /// NULL has no type of its own; the marks beside it keep their places.
    @Test func nullsMayStandAnywhereAmongParameters() async throws {
        try await TestDatabase.with(SQLServerEngine()) { database in
            try await database.withConnection { connection in
                try await connection.run(
                    "INSERT INTO Things (Name, Nickname, Amount) VALUES (?, ?, ?)", ["what? [?]", nil, 3])
                #expect(
                    try await connection.cells(
                        "SELECT Name, Nickname, Amount, '?' AS Mark FROM Things WHERE Amount = ?", [3])
                        == ["what? [?]", nil, 3, "?"])
            }
        }
    }
}
