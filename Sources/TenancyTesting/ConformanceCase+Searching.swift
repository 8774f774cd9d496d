internal import Tenancy

extension ConformanceCase {
    /// Case-insensitive text search.
    static let searching: [ConformanceCase] = [
        ConformanceCase("a search knows the case of all letters, and accents") { test in
            try await test.withConnection { connection in
                for (index, text) in texts.enumerated() {
                    try await connection.run(
                        "INSERT INTO Samples (Sample_ID, Words) VALUES (?, ?)", [.integer(Int64(index)), .text(text)])
                }
                for (text, expected) in searches {
                    try test.expect(
                        try await found(text, on: connection, test.engine.dialect), is: expected,
                        "what is found by \(text)")
                }
            }
        },
        ConformanceCase("a search takes every sign for itself") { test in
            try await test.withConnection { connection in
                try await connection.run("INSERT INTO Samples (Sample_ID, Words) VALUES (1, ?)", [.text(signs)])
                let dialect = test.engine.dialect
                for sign in signs.unicodeScalars {
                    for text in ["\(sign)", "\(sign)\(sign)"] {
                        let isThere =
                            signs.unicodeScalars.elementsEqual(text.unicodeScalars) || text.unicodeScalars.count == 1
                        try test.expect(
                            try await found(text, on: connection, dialect), is: isThere ? [signs] : [],
                            "what is found by \(text)")
                    }
                }
                try test.expect(try await found("", on: connection, dialect), is: [signs], "what nothing finds")
                for text in ["(?i)x", "***=x", "a*", ".", "^", "$", "\\d", "[a-z]", "x|y", "%x", "_x", "!%"]
                where !signs.contains(text) {
                    try test.expect(try await found(text, on: connection, dialect), is: [], "what is found by \(text)")
                }
            }
        },
    ]

    private static let signs = " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~§€\u{A0}–…"

    private static let texts = [
        "Ärzte anrufen", "arzte", "Россия поездка", "İstanbul", "istanbul", "ISPARTA", "Straße", "STRASSE", "STRAẞE",
        "ΣΊΣΥΦΟΣ", "σίσυφος", "Ａｂｃ", "abc", "100 K\u{212A}", "ſatz", "naïve", "NAÏVE", "ǅungla", "ԱԲԳ", "ꭰꭱ", "Hello",
    ]

    private static let searches: [(String, [String])] = [
        ("ärzte", ["Ärzte anrufen"]), ("ÄRZTE", ["Ärzte anrufen"]), ("arzte", ["arzte"]),
        ("россия", ["Россия поездка"]), ("ПОЕЗДКА", ["Россия поездка"]), ("İSTANBUL", ["İstanbul"]),
        ("istan", ["istanbul"]), ("Isparta", ["ISPARTA"]), ("STRASSE", ["STRASSE"]),
        ("straße", ["Straße", "STRAẞE"]), ("straẞe", ["Straße", "STRAẞE"]),
        ("σίσυφος", ["ΣΊΣΥΦΟΣ", "σίσυφος"]), ("ΣΊΣΥΦΟΣ", ["ΣΊΣΥΦΟΣ", "σίσυφος"]), ("ίσυφοσ", ["ΣΊΣΥΦΟΣ", "σίσυφος"]),
        ("ａＢＣ", ["Ａｂｃ"]), ("ABC", ["abc"]), ("kk", ["100 K\u{212A}"]), ("SATZ", ["ſatz"]),
        ("naïve", ["naïve", "NAÏVE"]), ("naive", []), ("ǆUNGLA", ["ǅungla"]), ("աբգ", ["ԱԲԳ"]), ("Ꭰ", ["ꭰꭱ"]),
        ("hELLO", ["Hello"]), ("100 k", ["100 K\u{212A}"]), ("i\u{307}stanbul", []),
    ]

    private static func found(
        _ text: String, on connection: any DatabaseConnection, _ dialect: any Dialect
    ) async throws -> [String] {
        let sql = "SELECT Words FROM Samples WHERE \(dialect.contains("Words")) ORDER BY Sample_ID"
        return try await connection.rows(sql, [.text(dialect.pattern(containing: text))]).map { try $0.text("Words") }
    }
}
