import Tenancy
import Testing

@testable import SQLServerEngine

@Suite struct SQLServerDriverTests {
    private static let microsoft = "ODBC Driver 18 for SQL Server"

    @Test func aNameOrAPathTellsWhoseDriverItIs() {
        #expect(SQLServerDriver(named: "FreeTDS") == .freeTDS)
        #expect(SQLServerDriver(named: "/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so") == .freeTDS)
        #expect(SQLServerDriver(named: Self.microsoft) == .microsoft)
        #expect(SQLServerDriver(named: "/opt/microsoft/msodbcsql18/lib64/libmsodbcsql-18.5.so.1.1") == .microsoft)
    }

    @Test(
        arguments: [
            (nil, nil, "SERVER=db;", "PORT=1433;"), (1500, nil, "SERVER=db;", "PORT=1500;"),
            (nil, "SQLEXPRESS", "SERVER=db\\SQLEXPRESS;", nil), (1500, "SQLEXPRESS", "SERVER=db;", "PORT=1500;"),
        ] as [(Int?, String?, String, String?)])
    func freeTDSFindsAnInstanceUnlessThereIsAPort(
        port: Int?, instance: String?, server: String, portWords: String?
    ) throws {
        let words = try string(host: instance.map { "db\\\($0)" } ?? "db", port: port)
        #expect(words.contains(server))
        #expect(words.contains("PORT=") == (portWords != nil))
        if let portWords { #expect(words.contains(portWords)) }
    }

    @Test(
        arguments: [
            (nil, "db", "SERVER=tcp:db,1433;"), (1500, "db", "SERVER=tcp:db,1500;"),
            (nil, "db\\SQLEXPRESS", "SERVER=tcp:db\\SQLEXPRESS;"), (1500, "db\\SQLEXPRESS", "SERVER=tcp:db,1500;"),
        ] as [(Int?, String, String)])
    func microsoftsDriverToo(port: Int?, host: String, server: String) throws {
        #expect(try string(host: host, port: port, driver: Self.microsoft).contains(server))
    }

    @Test(arguments: [
        ("FreeTDS", "disable", "Encryption=off;"), ("FreeTDS", "prefer", "Encryption=request;"),
        ("FreeTDS", "require", "Encryption=require;"), (microsoft, "disable", "Encrypt=no;"),
        (microsoft, "prefer", "Encrypt=yes;TrustServerCertificate=yes;"),
        (microsoft, "require", "Encrypt=yes;TrustServerCertificate=yes;"),
        (microsoft, "verify-full", "Encrypt=yes;TrustServerCertificate=no;"),
    ])
    func encryptionIsSaidInTheDriversWords(driver: String, mode: String, words: String) throws {
        #expect(try string(tls: mode, driver: driver).contains(words))
    }

    /// Rather refused than unchecked.
    @Test(arguments: [("FreeTDS", "verify-full"), ("FreeTDS", "verify-ca"), (microsoft, "verify-full:/etc/ca.pem")])
    func whatADriverCannotCheckIsRefused(driver: String, mode: String) {
        #expect(throws: TenancyError.self) { try string(tls: mode, driver: driver) }
    }

    @Test(arguments: ["a}b", "", "a\0b"]) func aPasswordThatCannotBeSaidIsRefused(password: String) {
        #expect(throws: TenancyError.self) { try string(password: password) }
    }

    @Test func whatTravelsInClear() {
        for mode in TLSOptions.Mode.allCases {
            let tls = TLSOptions(mode: mode)
            #expect(SQLServerDriver.freeTDS.encryptsEverything(tls) == ![.disable, .prefer].contains(mode))
            #expect(SQLServerDriver.microsoft.encryptsEverything(tls) == (mode != .disable))
        }
    }

    @Test(
        arguments: [
            ("127.0.0.1", true), ("127.9.9.9", true), ("localhost", true), ("LOCALHOST", true), ("::1", true),
            (nil, true),
            ("127.0.0.1.example.org", false), ("db1", false), ("10.0.0.1", false), ("::2", false),
        ] as [(String?, Bool)])
    func whatIsOnThisMachine(host: String?, isHere: Bool) {
        #expect(DatabaseLocation(engine: .sqlserver, host: host).isOnThisMachine == isHere)
    }

    @Test func aPasswordCannotAddWords() throws {
        #expect(try string(password: "x;Encryption=off").contains("PWD={x;Encryption=off};"))
        #expect(throws: TenancyError.self) { try string(host: "db;Encryption=off") }
    }

    private func string(
        host: String = "db", port: Int? = nil, password: String = "secret", tls: String = "prefer",
        driver: String = "FreeTDS"
    ) throws -> String {
        let location = DatabaseLocation(
            engine: .sqlserver, host: host, port: port, tls: try #require(TLSOptions(tls)))
        return try SQLServerDriver.connectionString(
            location, database: "d", login: Login(name: "l", password: Secret(password)), driver: driver)
    }
}
