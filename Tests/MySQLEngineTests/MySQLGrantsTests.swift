import Testing

@testable import MySQLEngine

@Suite struct MySQLGrantsTests {
    private static let all =
        "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE USER ON *.* TO `p`@`%`"

    @Test func aGoodLoginLacksNothing() {
        for line in ["\(Self.all) WITH GRANT OPTION", "GRANT ALL PRIVILEGES ON *.* TO 'p'@'%' WITH GRANT OPTION"] {
            #expect(MySQLGrants([line]).missing(for: "p@%") == [])
        }
    }

    @Test func whatIsMissingIsSaidAsAStatement() {
        let line = "\(Self.all) WITH GRANT OPTION".replacing("DROP, ", with: "").replacing(", CREATE USER", with: "")
        #expect(
            MySQLGrants([line]).missing(for: "p@10.0.0.%") == [
                "GRANT DROP, CREATE USER ON *.* TO 'p'@'10.0.0.%' WITH GRANT OPTION;"
            ])
        #expect(MySQLGrants([Self.all]).missing(for: "p@%") == ["GRANT USAGE ON *.* TO 'p'@'%' WITH GRANT OPTION;"])
    }

    @Test func rightsOnOneDatabaseDoNotCount() {
        let line = "GRANT ALL PRIVILEGES ON `a`.* TO 'p'@'%' WITH GRANT OPTION"
        #expect(MySQLGrants([line]).missing(for: "p@%").count == 1)
    }
}
