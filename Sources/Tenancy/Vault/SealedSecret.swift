/// A secret as it is stored: encrypted with AES-256-GCM (NIST SP 800-38D) under its own data key, which is encrypted
/// under the root key.
///
/// The text form is `v1.<key id>.<wrapped data key>.<sealed value>`, the last two in base64url without padding.
public struct SealedSecret: Sendable, Hashable {
    public let keyID: String
    let wrappedKey: [UInt8]
    let sealed: [UInt8]

    init(keyID: String, wrappedKey: [UInt8], sealed: [UInt8]) {
        self.keyID = keyID
        self.wrappedKey = wrappedKey
        self.sealed = sealed
    }

    /// - Returns: nil if the text does not have the form above.
    public init?(text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "v1", let wrappedKey = Base64URL.decode(parts[2]),
            let sealed = Base64URL.decode(parts[3])
        else { return nil }
        self.init(keyID: String(parts[1]), wrappedKey: wrappedKey, sealed: sealed)
    }

    public var text: String { "v1.\(keyID).\(Base64URL.encode(wrappedKey)).\(Base64URL.encode(sealed))" }
}
