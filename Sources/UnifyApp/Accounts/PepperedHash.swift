/// The stored form of a password: `unify1$<id of the pepper>$argon2id$v=19$…`; from before there was a pepper, the part from
/// `$argon2id` alone.
struct PepperedHash {
    static let prefix = "unify1$"

    /// Nil for one from before there was a pepper.
    let pepperID: String?
    /// As libsodium writes and reads it.
    let argon: String

    init(pepperID: String, argon: String) {
        self.pepperID = pepperID
        self.argon = argon
    }

    init(text: String) {
        guard text.hasPrefix(Self.prefix), let end = text.dropFirst(Self.prefix.count).firstIndex(of: "$") else {
            (pepperID, argon) = (nil, text)
            return
        }
        pepperID = String(text[..<end].dropFirst(Self.prefix.count))
        argon = String(text[end...])
    }

    var text: String { Self.prefix + (pepperID ?? "") + argon }
}
