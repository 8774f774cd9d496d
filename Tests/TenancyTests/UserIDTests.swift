internal import Tenancy
import Testing

@Suite("UserID")
struct UserIDTests {
    @Test(arguments: [("1", 1), ("42", 42), ("9223372036854775807", Int64.max)] as [(String, Int64)])
    func readsPlainDigits(text: String, number: Int64) {
        #expect(UserID(text)?.rawValue == number)
    }

    @Test(arguments: [
        "", "0", "-1", "+1", "01", " 1", "1 ", "1\n", "1.0", "1e3", "0x1", "one", "١", "１", "1/../2", "1\0",
        "9223372036854775808",
    ])
    func refusesEverythingElse(text: String) {
        #expect(UserID(text) == nil)
    }

    @Test(arguments: [Int64.min, -1, 0])
    func refusesNumbersBelowOne(number: Int64) {
        #expect(UserID(number) == nil)
    }

    @Test func ordersAndPrintsAsANumber() {
        let (nine, ten): (UserID, UserID) = (9, 10)
        #expect(nine < ten)
        #expect("\(ten)" == "10")
        #expect(Set([nine, ten, 9]).count == 2)
    }
}
