internal import NIOHTTP1

/// What a request's head says about the request's end and host, provided it is unambiguous.
struct RequestFraming {
    /// Whether the connection is closed after the answer, by the client's wish or the version's default.
    let endsConnection: Bool
    /// Whether it is version 1.0, whose clients do not know chunks, and keep a connection only if that is confirmed.
    let isOld: Bool
    /// The path and query of an absolute target (`GET http://host/path`); otherwise nil.
    let path: String?

    /// - Returns: nil for another version than 1.0 and 1.1; any number of `Host` but one, in 1.0 also none; a host that is
    ///   none, or another than the target's; a target that is neither a path nor a URL; a transfer coding in 1.0, beside a
    ///   length, or other than `chunked` alone.
    init?(_ head: HTTPRequestHead) {
        let isOld = head.version == .http1_0
        guard isOld || head.version == .http1_1 else { return nil }
        var hosts = 0
        var host = ""
        var codings = 0
        var hasLength = false
        var isClosing = false
        var isKept = false
        var (hasUpgrade, asksToUpgrade) = (false, false)
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 7 where Self.isSame(name, "upgrade"): hasUpgrade = true
            case 4 where Self.isSame(name, "host"):
                hosts += 1
                host = value
            case 10 where Self.isSame(name, "connection"):
                isClosing = isClosing || Self.has("close", in: value)
                isKept = isKept || Self.has("keep-alive", in: value)
                asksToUpgrade = asksToUpgrade || Self.has("upgrade", in: value)
            case 14 where Self.isSame(name, "content-length"):
                hasLength = true
            case 17 where Self.isSame(name, "transfer-encoding"):
                guard Self.isSame(value, "chunked") else { return nil }
                codings += 1
            default: break
            }
        }
        guard hosts == 1 || isOld && hosts == 0, hosts == 0 || Authority.isValid(host) else { return nil }
        guard codings == 0 || codings == 1 && !isOld && !hasLength else { return nil }
        // No upgrades are supported, but the parser treats what follows as another protocol and reads no further
        // request.
        endsConnection = isClosing || isOld && !isKept || hasUpgrade && asksToUpgrade
        self.isOld = isOld
        if head.uri.utf8.first == UInt8(ascii: "/") {
            path = nil
        } else if head.method == .OPTIONS, head.uri == "*" {
            path = nil
        } else {
            guard let own = Self.path(ofURL: head.uri, on: host) else { return nil }
            path = own
        }
    }

    /// Whether a word is in a list with commas between.
    private static func has(_ word: String, in value: String) -> Bool {
        value.split(separator: ",").contains { isSame($0.trimmingSpaces(), word) }
    }

    /// The part after the host of a URL, which must equal the header's host.
    private static func path(ofURL text: String, on host: String) -> String? {
        guard let scheme = ["http://", "https://"].first(where: { isSame(text.prefix($0.count), $0) }) else {
            return nil
        }
        let rest = text.dropFirst(scheme.count)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        guard isSame(rest[..<end], host.lowercased()) else { return nil }
        return rest[end...].first == "/" ? String(rest[end...]) : "/" + rest[end...]
    }

    /// - Parameter lowercase: ASCII without capitals.
    private static func isSame(_ text: some StringProtocol, _ lowercase: String) -> Bool {
        text.utf8.count == lowercase.utf8.count
            && zip(text.utf8, lowercase.utf8).allSatisfy { byte, expected in
                byte == expected || (byte | 0x20 == expected && (0x41...0x5A).contains(byte))
            }
    }
}
