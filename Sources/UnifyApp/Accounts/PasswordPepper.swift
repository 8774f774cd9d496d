internal import Crypto
public import Tenancy

/// A secret mixed into every password hash and kept apart from the hashes: it is sealed under the root key. A copy of
/// the main database alone is not enough to guess passwords.
///
/// It is random rather than derived from the root key, so that it survives a rotation.
public struct PasswordPepper: Sendable {
    /// Tells hashes of this pepper from those of another one.
    let id: String
    private let key: SymmetricKey

    private static let name = "password-pepper"

    init(bytes: [UInt8]) {
        key = SymmetricKey(data: bytes)
        id = String(
            Hex.encode(HMAC<SHA256>.authenticationCode(for: Array("unify/v1/pepper-id".utf8), using: key)).prefix(16))
    }

    /// One that is kept nowhere, for tests.
    public static func random() -> PasswordPepper { PasswordPepper(bytes: randomBytes()) }

    /// The main database's pepper; created if there is none yet.
    /// - Throws: ``TenancyError`` `keyMissing` if it is missing although passwords were hashed with it.
    public static func load(from main: MainDatabase, ring: KeyRing) async throws -> PasswordPepper {
        if let known = try await find(in: main, ring: ring) { return known }
        let fresh = Base64URL.encode(randomBytes())
        let date = main.time.wallNow
        do {
            try await main.transaction { database in
                guard try await !UserRepository(database).hasPasswordHash(beginningWith: PepperedHash.prefix) else {
                    throw TenancyError(
                        .keyMissing,
                        "The pepper of the passwords is gone: Sealed_Secret has no row \(name). Nobody could sign in. "
                            + "Restore the main database.")
                }
                try await SealedSecretRepository(database, ring: ring).insert(Secret(fresh), as: name, date: date)
            }
        } catch let error as TenancyError where error.code == .uniqueViolation {
            // Another process was faster; its pepper counts.
        }
        guard let pepper = try await find(in: main, ring: ring) else {
            throw TenancyError(.internalFailure, "The pepper of the passwords was made and is not there.")
        }
        return pepper
    }

    private static func find(in main: MainDatabase, ring: KeyRing) async throws -> PasswordPepper? {
        let secret = try await main.withDatabase(.read) {
            try await SealedSecretRepository($0, ring: ring).find(name)
        }
        guard let secret else { return nil }
        guard let bytes = Base64URL.decode(secret.unsafeReveal()), bytes.count == 32 else {
            throw TenancyError(.unsealFailed, "The pepper of the passwords is not 32 bytes in base64url.")
        }
        return PasswordPepper(bytes: bytes)
    }

    private static func randomBytes() -> [UInt8] {
        SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    }

    /// The value hashed instead of a password (HMAC-SHA256).
    func mixed(into password: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: password, using: key))
    }
}
