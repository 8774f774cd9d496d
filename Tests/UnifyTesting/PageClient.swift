internal import Foundation

/// Asks for pages and sends forms as a browser does, with cookies, and without following where an answer leads.
public final class PageClient {
    public struct Answer: Sendable {
        public let status: Int
        public let headers: [String: String]
        public let html: String

        /// Where it leads.
        public var location: String? { headers["location"] }
    }

    public let port: Int
    public private(set) var cookies: [String: String] = [:]
    /// Sent with every request; a browser's own page is where forms come from.
    public var origin: String?

    public init(port: Int) {
        self.port = port
        origin = "http://127.0.0.1:\(port)"
    }

    /// Sets a cookie, as a script does.
    public func setCookie(_ name: String, _ value: String) { cookies[name] = value }

    public func get(_ path: String, accept: String = "text/html") async throws -> Answer {
        try await send("GET", path, headers: ["Accept": accept])
    }

    public func post(_ path: String, _ form: KeyValuePairs<String, String> = [:]) async throws -> Answer {
        let body = form.map { "\(Self.encode($0.key))=\(Self.encode($0.value))" }.joined(separator: "&")
        return try await send(
            "POST", path, headers: ["Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"],
            body: body)
    }

    public func send(
        _ method: String, _ path: String, headers: [String: String], body: String = ""
    ) async throws -> Answer {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"]
        lines += headers.map { "\($0.key): \($0.value)" }
        if let origin, method != "GET" { lines.append("Origin: \(origin)") }
        if !cookies.isEmpty {
            lines.append("Cookie: " + cookies.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: "; "))
        }
        if method != "GET" { lines.append("Content-Length: \(body.utf8.count)") }
        let connection = try RawConnection(port: port)
        connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        return try take(try await connection.receive().text)
    }

    private func take(_ text: String) throws -> Answer {
        guard let end = text.range(of: "\r\n\r\n") else { throw TestFailure("no answer: \(text)") }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw TestFailure("no status: \(lines)")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            let value = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
            headers[parts[0].lowercased()] = value
            if parts[0].lowercased() == "set-cookie" { takeCookie(value) }
        }
        return Answer(status: status, headers: headers, html: String(text[end.upperBound...]))
    }

    private func takeCookie(_ header: String) {
        let pair = header.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = pair.count > 1 ? String(pair[1]) : ""
        cookies[String(pair[0])] = value.isEmpty ? nil : value
    }

    private static func encode(_ text: String) -> String {
        let plain = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "\u{20}"..."\u{7E}"))
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }

    // MARK: Accounts

    /// Registers a user by the page, and is signed in as them from then on.
    public func signUp(_ name: String) async throws {
        let answer = try await post(
            "/sign-up", ["username": name, "email": "\(name)@example.org", "password": TestClient.password])
        guard answer.status == 303, cookies["unify_session"] != nil else {
            throw TestFailure("signing up as \(name) gave \(answer.status)")
        }
    }

    public func signIn(_ name: String) async throws {
        let answer = try await post("/sign-in", ["username": name, "password": TestClient.password])
        guard answer.status == 303, cookies["unify_session"] != nil else {
            throw TestFailure("signing in as \(name) gave \(answer.status)")
        }
    }
}
