internal import Tenancy

extension ConformanceCase {
    /// Values come back as they were stored.
    static let values: [ConformanceCase] = [
        ConformanceCase("null stays null in a column of every kind") { test in
            try await test.withConnection { connection in
                try await connection.run(
                    "INSERT INTO Samples (Sample_ID, Amount, Words, Moment) VALUES (1, ?, ?, ?)", [nil, nil, nil])
                try await connection.run(
                    "INSERT INTO Measures (Measure_ID, Reading, Content) VALUES (1, ?, ?)", [nil, nil])
                let sample = try await connection.rows("SELECT Amount, Words, Moment FROM Samples").flatMap(\.values)
                let measure = try await connection.rows("SELECT Reading, Content FROM Measures").flatMap(\.values)
                try test.expect(sample + measure, is: [nil, nil, nil, nil, nil], "the cells")
            }
        },
        ConformanceCase("a boolean comes back, and a condition on it holds") { test in
            try await test.withConnection { connection in
                for (key, flag) in [(1, true), (2, false), (3, nil)] as [(Int64, Bool?)] {
                    try await connection.run(
                        "INSERT INTO Samples (Sample_ID, Flag) VALUES (?, ?)",
                        [.integer(key), flag.map(SQLValue.boolean) ?? .null])
                }
                let rows = try await connection.rows("SELECT Flag FROM Samples ORDER BY Sample_ID")
                try test.expect(try rows[0].boolean("Flag"), is: true, "true")
                try test.expect(try rows[1].boolean("Flag"), is: false, "false")
                try test.expect(rows[2][0], is: .null, "null")
                let found = try await connection.number("SELECT COUNT(*) FROM Samples WHERE Flag = ?", [true])
                try test.expect(found, is: 1, "the number of rows with true")
            }
        },
        ConformanceCase("whole numbers keep all 64 bits") { test in
            let numbers: [Int64] = [.min, .min + 1, -1, 0, 1, 1 << 53 + 1, .max - 1, .max]
            try await roundTrip(numbers.map(SQLValue.integer), through: "Amount", of: "Samples", test)
        },
        ConformanceCase("numbers with a fraction keep every digit") { test in
            let numbers: [Double] = [
                0.1, 1.0 / 3, -2.5, .pi, 1e-300, -1e300, .leastNormalMagnitude, .greatestFiniteMagnitude, 0.0, -0.0,
                3.0,
            ]
            // Negative zero may come back as zero, which `==` accepts; SQL cannot tell them apart.
            try await roundTrip(numbers.map(SQLValue.double), through: "Reading", of: "Measures", test)
        },
        ConformanceCase("text of every script keeps every byte") { test in
            let texts = [
                "", " ", "plain", "O'Brien said \"no\" -- `x`; \\ %_?", "line\nbreak\r\n\ttab", "Zoë naïve",
                "Zoe\u{308}",
                "שלום עולם", "مرحبا بالعالم", "日本語", "👩‍👩‍👧‍👦🏳️‍🌈", "\u{202E}reversed\u{202C}", "\u{FEFF}mark",
                "\u{10FFFF}", "\u{1}\u{7F}",
            ]
            try await roundTrip(texts.map(SQLValue.text), through: "Words", of: "Samples", test)
        },
        ConformanceCase("a megabyte of text comes back whole") { test in
            let text = String(repeating: "0123456789äöü€", count: (1 << 20) / 19)
            try await roundTrip([.text(text)], through: "Words", of: "Samples", test)
        },
        ConformanceCase("bytes come back as they were, none and all 256 included") { test in
            let blobs: [[UInt8]] = [[], [0], Array(0...255), Array(repeating: 0, count: 1000), Array("text".utf8)]
            try await roundTrip(blobs.map(SQLValue.blob), through: "Content", of: "Measures", test)
        },
        ConformanceCase("instants come back to the millisecond, and sort by time") { test in
            let instants = [
                -62_135_596_800_000, -2_208_988_800_001, -1, 0, 1, 951_782_399_999, 1_700_000_000_123,
                253_402_300_799_999,
            ].map(Timestamp.init(milliseconds:))
            try await test.withConnection { connection in
                for (index, instant) in instants.enumerated().reversed() {
                    try await connection.run(
                        "INSERT INTO Samples (Sample_ID, Moment) VALUES (?, ?)",
                        [.integer(Int64(index)), .timestamp(instant)])
                }
                let rows = try await connection.rows("SELECT Moment FROM Samples ORDER BY Moment")
                try test.expect(try rows.map { try $0.timestamp("Moment") }, is: instants, "the instants in order")
                let found = try await connection.number(
                    "SELECT COUNT(*) FROM Samples WHERE Moment < ?", [.timestamp(instants[3])])
                try test.expect(found, is: 3, "the number of instants before 1970")
            }
        },
        ConformanceCase("columns are found by their names") { test in
            try await test.withConnection { connection in
                try await connection.addOwner("one")
                let rows = try await connection.rows("SELECT Name, Owner_ID FROM Owners")
                try test.expect(rows.columns.index(of: "Owner_ID"), is: 1, "the place of a column")
                try test.expect(rows[0]["Name"], is: .text("one"), "a cell by its name")
                let none = try await connection.rows("SELECT Name FROM Owners WHERE Owner_ID = -1")
                try test.expect(none.count, is: 0, "the number of rows")
                try test.expect(none.columns.index(of: "Name"), is: 0, "the place of a column of no rows")
            }
        },
        ConformanceCase("a NUL in text is refused") { test in
            try await test.withConnection { connection in
                try await test.expect(.invalidStatement, from: "a text with a NUL") {
                    try await connection.addOwner("be\0fore")
                }
                try test.expect(try await connection.ownerCount, is: 0, "the number of rows")
            }
        },
    ]

    /// Stores the values in a table's column, one per row, and reads them back.
    private static func roundTrip(
        _ values: [SQLValue], through column: String, of table: String, _ test: EngineConformance
    ) async throws {
        let key = table == "Samples" ? "Sample_ID" : "Measure_ID"
        try await test.withConnection { connection in
            for (index, value) in values.enumerated() {
                try await connection.run(
                    "INSERT INTO \(table) (\(key), \(column)) VALUES (?, ?)", [.integer(Int64(index)), value])
            }
            let rows = try await connection.rows("SELECT \(column) FROM \(table) ORDER BY \(key)")
            try test.expect(rows.count, is: values.count, "the number of rows")
            for (row, value) in zip(rows, values) {
                try test.expect(row[0].isExactly(value), "\(value) came back as \(row[0])".shortened)
            }
        }
    }
}

extension Row {
    fileprivate var values: [SQLValue] { (0..<columns.count).map { self[$0] } }
}

extension SQLValue {
    /// Equal, and for text equal in every byte: Swift's `==` accepts both spellings of `ë`.
    fileprivate func isExactly(_ other: SQLValue) -> Bool {
        if case .text(let left) = self, case .text(let right) = other { return left.utf8.elementsEqual(right.utf8) }
        return self == other
    }
}

extension String {
    fileprivate var shortened: String { utf8.count <= 300 ? self : "\(prefix(300))…" }
}
