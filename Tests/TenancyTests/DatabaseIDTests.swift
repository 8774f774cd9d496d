internal import Tenancy
internal import TenancyTesting
import Testing

@Suite("DatabaseID")
struct DatabaseIDTests {
    @Test func readsLowerCaseGroups() {
        let text = "0f8fad5b-d9cb-469f-a165-70867728950e"
        #expect(DatabaseID(text)?.text == text)
    }

    @Test(arguments: [
        "", "0F8FAD5B-D9CB-469F-A165-70867728950E", "0f8fad5bd9cb469fa16570867728950e",
        "0f8fad5b-d9cb-469f-a165-70867728950", "0f8fad5b-d9cb-469f-a165-70867728950e0",
        "0f8fad5b-d9cb-469f-a165-70867728950g", "{0f8fad5b-d9cb-469f-a165-70867728950}",
        "0f8fad5bd-9cb-469f-a165-70867728950e", "0f8fad5b-d9cb-469f-a165-70867728950\n",
        "0f8fad5b-d9cb-469f-a165-7086772895é", "0f8fad5b-d9cb-469f-a165-70867728950e-",
    ])
    func refusesEverythingElse(text: String) {
        #expect(DatabaseID(text) == nil)
    }

    @Test func randomOnesAreVersion4AndReadBack() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let uuid = DatabaseID.random(using: &random)
            let characters = Array(uuid.text)
            #expect(DatabaseID(uuid.text) == uuid)
            #expect(characters[14] == "4")
            #expect("89ab".contains(characters[19]))
        }
    }

    @Test func randomOnesDiffer() {
        #expect(Set((0..<1000).map { _ in DatabaseID.random() }).count == 1000)
    }
}
