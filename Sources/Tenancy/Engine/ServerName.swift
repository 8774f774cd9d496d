internal import Crypto

/// Rules for names of databases and logins on servers. Names are always quoted, so any character that the server
/// accepts is allowed.
public enum ServerName {
    /// PostgreSQL's bound, the smallest of all engines. It truncates longer names, and so would confuse two of them.
    public static let maxBytes = 63

    /// Why a name cannot be used; nil for a good one.
    /// - Returns: a sentence without its subject, such as "is empty."
    public static func fault(in name: String) -> String? {
        if name.isEmpty { return "is empty." }
        if name.utf8.count > maxBytes { return "has more than \(maxBytes) bytes." }
        if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return "contains a control character."
        }
        let ends = [name.unicodeScalars.first, name.unicodeScalars.last]
        return ends.contains { $0?.properties.isWhitespace == true } ? "begins or ends with a blank." : nil
    }

    /// The prefix of the names under which earlier databases of this name are set aside.
    package static func quarantinePrefix(of name: String) -> String {
        guard name.utf8.count > 40 else { return "\(name)_aside_" }
        // Other names may have the same prefix. With the mark and a date, the name stays within the limit.
        var rest = 30
        let kept = name.unicodeScalars.prefix { scalar in
            rest -= UTF8.width(scalar)
            return rest >= 0
        }
        return "\(String(String.UnicodeScalarView(kept)))\(digest(of: name).prefix(12))_aside_"
    }

    /// The name under which a database is set aside at this moment.
    package static func quarantineName(of name: String, at date: Timestamp) -> String {
        "\(quarantinePrefix(of: name))\(date.milliseconds)"
    }

    /// A digest for names that are too long to be repeated: 24 characters.
    package static func digest(of name: String) -> String {
        String(Hex.encode(SHA256.hash(data: Array(name.utf8))).prefix(24))
    }
}
