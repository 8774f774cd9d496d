import Testing

@testable import MySQLEngine

@Suite struct MySQLGrantsTests {
    private static let account = "GRANT CREATE USER ON *.* TO `p`@`%`"
    private static let own = #"""
        GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER ON `user\_%`.* TO `p`@`%` \#
        WITH GRANT OPTION
        """#

    @Test(arguments: [
        [account, own], [account, own.replacing("\\", with: "")], [account, own.replacing("user\\_", with: "us")],
        ["GRANT ALL PRIVILEGES ON *.* TO 'p'@'%' WITH GRANT OPTION"],
        [own.replacing("`user\\_%`", with: "*"), account],
    ])
    func aGoodLoginLacksNothing(_ lines: [String]) {
        #expect(MySQLGrants(lines, prefix: "user_").missing(for: "p@%") == [])
    }

    @Test func whatIsMissingIsSaidAsAStatement() {
        let lines = [Self.own.replacing("DROP, ", with: "")]
        #expect(
            MySQLGrants(lines, prefix: "user_").missing(for: "p@10.0.0.%") == [
                "GRANT CREATE USER ON *.* TO 'p'@'10.0.0.%'",
                "GRANT DROP ON `user\\_%`.* TO 'p'@'10.0.0.%' WITH GRANT OPTION",
            ])
        let noOption = [Self.account, Self.own.replacing(" WITH GRANT OPTION", with: "")]
        #expect(
            MySQLGrants(noOption, prefix: "user_").missing(for: "p@%") == [
                "GRANT USAGE ON `user\\_%`.* TO 'p'@'%' WITH GRANT OPTION"
            ])
    }

    @Test(arguments: ["`a`", "`user\\_1`", "`userx%`", "`%ser\\_%`"])
    func rightsOnOtherDatabasesDoNotCount(place: String) {
        let lines = [Self.account, "GRANT ALL PRIVILEGES ON \(place).* TO 'p'@'%' WITH GRANT OPTION"]
        #expect(MySQLGrants(lines, prefix: "user_").missing(for: "p@%").count == 1)
    }

    @Test func rightsOnTheWholeServerAreToBeTakenBack() {
        #expect(MySQLGrants([Self.account, Self.own], prefix: "user_").superfluous(for: "p@%") == [])
        let process = ["GRANT CREATE USER, PROCESS ON *.* TO `p`@`%`", Self.own]
        #expect(MySQLGrants(process, prefix: "user_").superfluous(for: "p@%") == [])
        let lines = ["GRANT CREATE USER, UPDATE, SUPER ON *.* TO `p`@`%` WITH GRANT OPTION"]
        let advice = MySQLGrants(lines, prefix: "user_").superfluous(for: "p@%")
        let all = ["GRANT ALL PRIVILEGES ON *.* TO `p`@`%` WITH GRANT OPTION"]
        let whole = MySQLGrants(all, prefix: "user_").superfluous(for: "p@%")
        #expect(whole.first?.hasPrefix("REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'p'@'%'") == true)
        #expect(whole.dropFirst() == ["GRANT CREATE USER, PROCESS ON *.* TO 'p'@'%'", Self.needed])
        #expect(advice.first == Self.needed, "what is needed is granted first")
        #expect(advice.last?.hasPrefix("REVOKE SUPER, UPDATE, GRANT OPTION ON *.* FROM 'p'@'%'") == true)
        #expect(advice.last?.hasSuffix("they reach every database of the server") == true)
        let lock = [Self.account, Self.own, "GRANT LOCK TABLES ON *.* TO `p`@`%`"]
        #expect(
            MySQLGrants(lock, prefix: "user_").superfluous(for: "p@%") == [
                "REVOKE LOCK TABLES ON *.* FROM 'p'@'%' -- nothing needs them"
            ])
    }

    private static let needed = #"""
        GRANT CREATE, DROP, ALTER, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE ON `user\_%`.* TO 'p'@'%' WITH GRANT OPTION
        """#

    @Test func rightsOnOthersDatabasesAreToBeTakenBack() {
        let lines = [Self.account, Self.own, "GRANT SELECT ON `payroll`.* TO `p`@`%` WITH GRANT OPTION"]
        let advice = MySQLGrants(lines, prefix: "user_").superfluous(for: "p@%")
        #expect(advice.count == 1)
        #expect(advice.first?.hasPrefix("REVOKE ALL PRIVILEGES, GRANT OPTION ON `payroll`.* FROM 'p'@'%' --") == true)
        #expect(MySQLGrants(lines, prefix: "user_").missing(for: "p@%") == [])
    }
}
