import Testing

@testable import UnifyApp

@Suite struct ClientTests {
    @Test func clientsByTheirUsualNames() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)"
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) \(webkit) Chrome/126.0.0.0 Safari/537.36", "Chrome on Windows"),
            ("Mozilla/5.0 (Windows NT 10.0) \(webkit) Chrome/126.0.0.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) \(webkit) Chrome/126.0 Mobile Safari/537.36",
                "Chrome on Android"
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1",
                "Safari on iOS"
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15", "Safari on macOS"),
            ("curl/8.5.0", "curl"), ("python-requests/2.32", "python-requests"), ("", nil), ("<script>", nil),
            (nil, nil),
        ] {
            #expect(Client(address: nil, userAgent: agent).name == name, "\(agent ?? "none")")
        }
        let long = Client(address: nil, userAgent: String(repeating: "x", count: 5000) + " Windows").name
        #expect((long?.count ?? 0) <= Client.maxName)
    }
}
