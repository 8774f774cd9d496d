internal import Foundation

extension DatabaseLocation {
    /// Reads `engine://login:password@host:port/name?tls=MODE`. Only engine and host are required. Every part is
    /// percent-encoded (RFC 3986) if it contains a reserved character: a password's `@` is `%40`, a named instance is
    /// `localhost%5CSQLEXPRESS`.
    ///
    /// - Returns: nil if the text does not have this form, names an embedded engine, or has an unknown parameter.
    public init?(url: String) {
        guard let colon = url.range(of: "://"), let engine = EngineKind(rawValue: String(url[..<colon.lowerBound])),
            engine != .sqlite
        else { return nil }
        var rest = url[colon.upperBound...]
        let query = Self.split(&rest, at: "?")
        let name = Self.split(&rest, at: "/")
        let credentials = Self.credentials(&rest)
        guard let port = Self.port(&rest), let host = rest.removingPercentEncoding, !host.isEmpty,
            let tls = Self.tls(query, host: host), let login = Self.login(credentials)
        else { return nil }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        self.init(
            engine: engine, host: isBracketed ? String(host.dropFirst().dropLast()) : host, port: port.value,
            name: name?.removingPercentEncoding, login: login.value,
            tls: tls)
        if self.name?.isEmpty == true { self.name = nil }
    }

    /// Tells a missing part (a nil value) from a malformed one (no part).
    private struct Part<Value> { let value: Value? }

    /// Cuts the text at the first such character and returns the rest behind it.
    private static func split(_ text: inout Substring, at mark: Character) -> Substring? {
        guard let index = text.firstIndex(of: mark) else { return nil }
        defer { text = text[..<index] }
        return text[text.index(after: index)...]
    }

    private static func credentials(_ text: inout Substring) -> Substring? {
        guard let at = text.lastIndex(of: "@") else { return nil }
        defer { text = text[text.index(after: at)...] }
        return text[..<at]
    }

    private static func login(_ text: Substring?) -> Part<Login>? {
        guard var text else { return Part(value: nil) }
        let password = split(&text, at: ":") ?? ""
        guard let name = text.removingPercentEncoding, !name.isEmpty, let password = password.removingPercentEncoding
        else { return nil }
        return Part(value: Login(name: name, password: Secret(password)))
    }

    private static func port(_ text: inout Substring) -> Part<Int>? {
        // The colons of an IPv6 address are in brackets.
        guard let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") else { return Part(value: nil) }
        guard let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port) else { return nil }
        text = text[..<colon]
        return Part(value: port)
    }

    private static func tls(_ query: Substring?, host: String) -> TLSOptions? {
        guard let query, !query.isEmpty else { return .standard(for: host) }
        guard query.hasPrefix("tls="), !query.contains("&") else { return nil }
        return query.dropFirst(4).removingPercentEncoding.flatMap { TLSOptions($0) }
    }
}
