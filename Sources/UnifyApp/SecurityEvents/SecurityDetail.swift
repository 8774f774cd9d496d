internal import Tenancy

/// The origin of a security event, as stored in the detail of an audit entry: `address=203.0.113.7 times=12
/// client="Firefox on Linux" name="ada"`.
struct SecurityDetail: Sendable, Hashable {
    private static let maxName = 64

    let address: String
    /// As ``Client/name``.
    var client: String?
    /// More than 1 if one entry stands for several events.
    var times = 1
    /// The entered username, shortened by ``shown(_:isKnown:)``; for a changed name or address the change, as `ada to
    /// lovelace`; nil if the entry's user identifies it.
    var name: String?

    init(address: String, client: String? = nil, times: Int = 1, name: String? = nil) {
        self.address = address
        self.client = client
        self.times = times
        self.name = name
    }

    init(_ client: Client) { self.init(address: client.address, client: client.name) }

    /// Reads ``text``; nil for the detail of another kind of entry.
    init?(text: String?) {
        guard let text,
            let match = text.wholeMatch(of: /address=(\S+)(?: times=(\d+))?(?: client="([^"]*)")?(?: name="([^"]*)")?/)
        else { return nil }
        self.init(
            address: String(match.1), client: match.3.map(String.init), times: match.2.flatMap { Int($0) } ?? 1,
            name: match.4.map(String.init))
    }

    var text: String {
        var text = "address=\(address)"
        if times > 1 { text += " times=\(times)" }
        if let client { text += " client=\"\(Self.plain(client))\"" }
        if let name { text += " name=\"\(Self.plain(name))\"" }
        return text
    }

    /// The part of a name that may be stored. Only the beginning of an unknown one: people type passwords into the
    /// wrong field.
    static func shown(_ name: String, isKnown: Bool) -> String {
        let text = String(plain(name).prefix(maxName))
        return isKnown ? text : "\(text.prefix(2))… (\(name.count) characters)"
    }

    /// Nothing that ends a line, or the quotes around it.
    private static func plain(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: "?"
            default: scalar == "\"" ? "'" : scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
