import Testing

@testable import UnifyApp

@Suite struct SecurityDetailTests {
    @Test(arguments: [
        SecurityDetail(address: "203.0.113.7"),
        SecurityDetail(address: "2001:db8::1", client: "Firefox on Linux", times: 240, name: "ada"),
        SecurityDetail(address: "-", times: 2), SecurityDetail(address: "127.0.0.1", name: "a name=\u{1F600}"),
    ])
    func whatIsWrittenIsRead(detail: SecurityDetail) {
        #expect(SecurityDetail(text: detail.text) == detail)
    }

    @Test(arguments: [nil, "", "Ticket 4711", "on", "address=", "address=a times=x"])
    func whatIsNoneIsNone(text: String?) {
        #expect(SecurityDetail(text: text) == nil)
    }

    @Test func aNameEndsNoLineAndIsBounded() {
        let hostile = "a\nb\u{1B}[31m\"c\u{202E}\u{2028}" + String(repeating: "x", count: 100)
        let known = SecurityDetail(address: "::1", name: SecurityDetail.shown(hostile, isKnown: true)).text
        #expect(known.hasPrefix("address=::1 name=\"a?b?[31m'c??xxx"))
        #expect(known.count < 90)
    }

    /// A password in the wrong field is kept nowhere.
    @Test func aNameThatIsNobodysIsNotKept() {
        #expect(SecurityDetail.shown("correct horse battery", isKnown: false) == "co… (21 characters)")
    }
}
