import Tenancy
import TenancyTesting
import Testing

@testable import UnifyApp

/// The bounds of docs/limits.md on parts of a request, each at the bound and one beyond it.
@Suite(.tags(.proof)) struct RequestBoundTests {
    /// A cursor after row 1 of a list, of so many bytes before they are encoded.
    private func cursor(bytes: Int, in mark: ListMark) -> String {
        let start = String(mark.hash, radix: 36) + "//"
        return Base64URL.encode((start + String(repeating: "0", count: bytes - start.utf8.count - 1) + "1").utf8)
    }

    @Test func cursors() {
        var mark = ListMark()
        mark.add(0)
        mark.add("/list")
        #expect(cursor(bytes: 75, in: mark).utf8.count == Cursor.maxBytes)
        #expect(Cursor(text: cursor(bytes: 75, in: mark), in: mark)?.id == 1)
        // No base64 without padding has 101 characters.
        #expect(cursor(bytes: 76, in: mark).utf8.count == 102)
        #expect(Cursor(text: cursor(bytes: 76, in: mark), in: mark) == nil)
        for (bytes, isRefused) in [(75, false), (76, true)] {
            var query = QueryReader("cursor=" + cursor(bytes: bytes, in: mark))
            let found = query.position(in: "/list").cursor
            #expect((found == nil) == isRefused)
            let read = query
            if isRefused {
                let problem = #expect(throws: Problem.self) { try read.finish() }
                #expect(problem?.code == "invalid_fields")
            } else {
                #expect(throws: Never.self) { try read.finish() }
            }
        }
    }

    @Test func bearerTokens() {
        let longest = String(repeating: "a", count: 200)
        #expect(Authenticator.bearerToken("Bearer " + longest) == longest)
        #expect(Authenticator.bearerToken("Bearer " + longest + "a") == nil)
    }

    @Test(
        arguments: [
            (nil, 50, true), ("limit=1", 1, true), ("limit=200", 200, true), ("limit=0", 50, false),
            ("limit=201", 50, false),
        ] as [(String?, Int, Bool)])
    func pagesOfAList(text: String?, limit: Int, isTaken: Bool) {
        var query = QueryReader(text)
        let found = query.limit()
        #expect(found == limit)
        let read = query
        if isTaken {
            #expect(throws: Never.self) { try read.finish() }
        } else {
            #expect(throws: Problem.self) { try read.finish() }
        }
    }

    @Test func triesOfAnUnavailableServer() {
        #expect(Problem.unavailable("busy", "Try again.").retryAfter == 5)
        #expect(Problem.tooManyRequests.retryAfter == 1)
    }

    // MARK: Forms and queries

    @Test func parameters() {
        let most = Array(repeating: "a=1", count: URLEncodedPairs.maxPairs).joined(separator: "&")
        #expect(URLEncodedPairs(most).errors.isEmpty)
        #expect(URLEncodedPairs(most + "&").errors.isEmpty)
        #expect(URLEncodedPairs(most + "&a=1").errors.map(\.field) == [""])
        let name = String(repeating: "n", count: URLEncodedPairs.maxNameBytes)
        #expect(URLEncodedPairs(name).values == [name: ""])
        #expect(URLEncodedPairs(name + "n").errors.map(\.field) == [""])
    }

    /// However much is wrong, the answer is small.
    @Test func wrongFieldsThatAreTold() throws {
        func problem(_ count: Int) throws -> Problem {
            let query = QueryReader(Array(repeating: "%", count: count).joined(separator: "&"))
            return try #require(throws: Problem.self) { try query.finish() }
        }
        #expect(try problem(Problem.maxFieldErrors).errors.count == Problem.maxFieldErrors)
        #expect(try problem(Problem.maxFieldErrors).detail == "Some fields break a rule.")
        let more = try problem(Problem.maxFieldErrors + 1)
        #expect(more.errors.count == Problem.maxFieldErrors)
        #expect(more.detail == "Many fields break a rule; these are the first.")
        #expect(try problem(30_000).errors.count == Problem.maxFieldErrors)
    }

    // MARK: Provisioning

    /// What is wrong with a request for a database, by field.
    private func faults(_ members: [String: JSONValue]) -> [String: String] {
        var fields = FieldReader(members: members)
        _ = ProvisioningRequest(reading: &fields, for: 7)
        do {
            try fields.finish()
            return [:]
        } catch {
            let errors = (error as? Problem)?.errors ?? []
            return Dictionary(errors.map { ($0.field, $0.message) }) { first, _ in first }
        }
    }

    @Test func theServerOfAProvisioningRequest() {
        #expect(faults(["server": .string(String(repeating: "n", count: 63))]) == [:])
        let fault = faults(["server": .string(String(repeating: "n", count: 64))])
        #expect(fault == ["server": "must have at most 63 characters"])
    }

    @Test(arguments: ["host", "port", "name", "login", "password"])
    func whatOnlyTheCommandTakesIsNamedWithIt(field: String) {
        for value in [JSONValue.string("x"), .string(""), .integer(1), .array([])] {
            let fault = faults([field: value])
            #expect(fault.keys.sorted() == [field])
            #expect(fault[field]?.contains("unify setup init 7 --engine") == true)
        }
        #expect(faults([field: .null]) == [:])
    }

    @Test func theEngineOfAProvisioningRequest() {
        // No engine has so long a name: it is told for what it is.
        let known = faults(["engine": .string(String(repeating: "n", count: 50))])
        #expect(known["engine"]?.hasPrefix("must be one of") == true)
        let long = faults(["engine": .string(String(repeating: "n", count: 51))])
        #expect(long["engine"] == "must have at most 50 characters")
    }

}
