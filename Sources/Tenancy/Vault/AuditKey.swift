internal import Crypto
internal import Foundation

/// The key of the audit log's chain: 32 random bytes, kept in the main database sealed under the root key.
///
/// It is not derived from the root key, so that it survives a rotation. Access to the main database alone is enough
/// neither to read it nor to replace it.
package struct AuditKey: Sendable {
    private let key: SymmetricKey

    init(_ key: SymmetricKey = SymmetricKey(size: .bits256)) { self.key = key }

    /// - Returns: nil if the text is not 32 bytes in base64.
    init?(base64: some StringProtocol) {
        guard var data = Data(base64Encoded: String(base64)), data.count == 32 else { return nil }
        defer { data.resetBytes(in: 0..<data.count) }
        key = SymmetricKey(data: data)
    }

    var unsafeBase64: String { key.withUnsafeBytes { Data($0).base64EncodedString() } }

    /// Identifies the key without revealing it: 16 hexadecimal digits.
    var id: String { String(code(for: ["unify/audit-key-id/v1"]).prefix(16)) }

    /// HMAC-SHA256 (RFC 2104) over length-prefixed fields, so that no part of a field can be moved to the next.
    /// - Returns: 64 hexadecimal digits.
    func code(for fields: [String?]) -> String {
        var code = HMAC<SHA256>(key: key)
        for field in fields { code.update(data: AuditChain.framed(field)) }
        return Hex.encode(code.finalize())
    }
}
