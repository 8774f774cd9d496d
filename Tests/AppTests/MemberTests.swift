import Foundation
import Testing
import UnifyTesting

@testable import UnifyApp

/// A body has the members that the description names, and no others.
@Suite(.timeLimit(.minutes(3))) struct MemberTests {
    private static let body = #"{"surplus": 1, "__proto__": {}}"#

    /// The members that an answer says there are.
    private static func members(in answer: TestClient.Answer) throws -> Set<String> {
        let errors = try #require(answer.json["errors"] as? [[String: Any]])
        let error = try #require(errors.first { $0["field"] as? String == "surplus" })
        let message = try #require(error["message"] as? String)
        let list = try #require(message.wholeMatch(of: #/is unknown; the members are (.+)/#)).1
        return Set(list.split(separator: ", ").map(String.init))
    }

    @Test func everyRouteHasTheMembersOfItsDescriptionAndNamesAnother() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            var items: [String: Int] = [:]
            for (path, item) in ItemRouteTests.samples {
                items[path] = try await ada.post(path, item).json["id"] as? Int
            }
            let text = try await server.client.get("/openapi.yaml").text
            let schemas = try DocumentedBodies(text).schemas()
            #expect(schemas.count >= 24)
            for operation in try await server.client.documentedOperations() {
                guard let schema = schemas["\(operation)"] else { continue }
                let client = operation.isForAdministrators ? root : ada
                let item = items.first { operation.path.hasPrefix($0.key + "/") }
                let answer = try await client.send(
                    operation.method, operation.filled(with: item?.value ?? id), raw: .init(Self.body.utf8))
                #expect(answer.status == 422, "\(operation): \(answer.text)")
                #expect(answer.errorFields.isSuperset(of: ["surplus", "__proto__"]), "\(operation)")
                #expect(try Self.members(in: answer) == schema.members, "\(operation)")
                #expect(schema.isClosed, "\(operation)")
            }
            #expect(try await ada.get("/api/me").status == 200, "nothing was done")
        }
    }

    @Test func aSuperfluousMemberIsToldWithTheOtherErrorsAndNothingIsStored() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            func post(_ text: String) async throws -> TestClient.Answer {
                try await ada.send("POST", "/api/tasks", raw: .init(text.utf8))
            }
            let foreign = try await post(#"{"title":"F","user_id":1,"__proto__":{}}"#)
            #expect(foreign.status == 422 && foreign.errorFields == ["user_id", "__proto__"])
            let wrong = try await post(#"{"priority":1000,"Title":"F"}"#)
            #expect(wrong.errorFields == ["title", "priority", "Title"])
            #expect(try await ada.get("/api/tasks").items.isEmpty)
            #expect(try await post(#"{"title":"F","done":true}"#).json["is_done"] as? Bool == true)
        }
    }

    @Test func manyMembersAreNamedUpToABound() throws {
        let name = String(repeating: "x", count: 200)
        let members = Dictionary(uniqueKeysWithValues: (0..<1000).map { ("\(name)\($0)", JSONValue.null) })
        let fields = try FieldReader(.object(members), names: ["title"])
        let problem = #expect(throws: Problem.self) { try fields.finish() }
        let errors = try #require(problem?.errors)
        #expect(errors.count == 20)
        #expect(errors.allSatisfy { $0.field.count == 50 })
        #expect(problem?.detail.hasPrefix("Many") == true)
    }
}
