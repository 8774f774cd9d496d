internal import Crypto
internal import Tenancy

/// One-time passwords of six digits: by a counter (HOTP, RFC 4226), and by the time in steps of 30 seconds (TOTP, RFC 6238), with
/// HMAC-SHA1 as all apps have it. SHA-1 is no weakness here: HMAC needs no resistance to collisions.
struct OneTimePassword: Sendable {
    static let secretBytes = 20
    static let digits = 6
    static let stepSeconds: Int64 = 30
    /// Clocks may differ by one step.
    static let tolerance: Int64 = 1

    private let key: SymmetricKey

    init(secret: [UInt8]) { key = SymmetricKey(data: secret) }

    static func randomSecret() -> [UInt8] {
        SymmetricKey(size: SymmetricKeySize(bitCount: secretBytes * 8)).withUnsafeBytes { Array($0) }
    }

    static func step(at date: Timestamp) -> Int64 { date.milliseconds / (stepSeconds * 1000) }

    func code(counter: Int64, digits: Int = digits) -> String {
        let message = (0..<8).reversed().map { UInt8(truncatingIfNeeded: counter >> ($0 * 8)) }
        let hash = Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: key))
        let offset = Int(hash[hash.count - 1] & 0x0F)
        let number = hash[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let modulus = (0..<digits).reduce(UInt32(1)) { product, _ in product &* 10 }
        // Of ten digits there are more than the number has.
        let text = String(digits < 10 ? number % modulus : number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The time step of a code.
    /// - Parameter last: the newest accepted step; it and earlier ones are no longer valid.
    /// - Returns: nil if the code is wrong; takes the same time for every wrong code.
    func step(of code: String, at date: Timestamp, after last: Int64) -> Int64? {
        let now = Self.step(at: date)
        var found: Int64?
        for step in now - Self.tolerance...now + Self.tolerance {
            let isEqual = Self.isEqual(self.code(counter: step), code)
            if isEqual, step > last { found = step }
        }
        return found
    }

    /// Compares everything, so that the time does not reveal the first difference.
    private static func isEqual(_ one: String, _ other: String) -> Bool {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
