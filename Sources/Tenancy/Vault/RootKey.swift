internal import Crypto
internal import Foundation

/// The key that wraps every data key: 32 random bytes kept outside the main database.
public struct RootKey: Sendable {
    /// 16 hexadecimal digits derived from the key by SHA-256; identifies the key without revealing it.
    public let id: String
    /// Wiped from memory with the last copy.
    private let key: SymmetricKey

    public static let sizeBytes = 32

    /// - Throws: ``TenancyError`` `keyWrong` unless there are exactly 32 bytes.
    public init(bytes: [UInt8]) throws {
        guard bytes.count == Self.sizeBytes else {
            throw TenancyError(.keyWrong, "The root key must be 32 bytes; this one has \(bytes.count).")
        }
        key = SymmetricKey(data: bytes)
        var hash = SHA256()
        hash.update(data: Array("unify/root-key-id/v1".utf8))
        hash.update(data: bytes)
        id = Hex.encode(hash.finalize().prefix(8))
    }

    /// - Parameter base64: the 32 bytes in base64 (RFC 4648, section 4), optionally surrounded by white space.
    /// - Throws: ``TenancyError`` `keyWrong`.
    public init(base64: String) throws {
        guard var data = Data(base64Encoded: base64.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw TenancyError(
                .keyWrong, "The root key must be 32 bytes in base64; make one with: openssl rand -base64 32")
        }
        var bytes = Array(data)
        defer {
            Self.wipe(&bytes)
            data.resetBytes(in: 0..<data.count)
        }
        try self.init(bytes: bytes)
    }

    /// A new random key.
    public static func random() -> RootKey {
        var generator = SystemRandomNumberGenerator()
        var bytes = (0..<sizeBytes).map { _ in UInt8.random(in: 0...255, using: &generator) }
        defer { wipe(&bytes) }
        // The only possible error is a wrong length, which cannot happen here.
        guard let key = try? RootKey(bytes: bytes) else { preconditionFailure("32 bytes always make a key") }
        return key
    }

    /// Overwrites a copy of a key that is no longer needed.
    static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } }
    }

    /// The key in base64, for the key file.
    public func unsafeBase64() -> String { key.withUnsafeBytes { Data($0).base64EncodedString() } }

    /// The key that wraps data keys, derived by HKDF-SHA256 (RFC 5869), so that the root key itself encrypts nothing.
    var wrappingKey: SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, info: Array("unify/wrap/v1".utf8),
            outputByteCount: 32)
    }
}
