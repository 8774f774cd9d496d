internal import Crypto

/// Seals and opens secrets under the root keys that this process has.
public struct KeyRing: Sendable {
    /// The key that new secrets are sealed under.
    public let current: RootKey
    private let keys: [String: RootKey]

    /// - Parameters:
    ///   - current: the key that new secrets are sealed under.
    ///   - older: keys that still open secrets sealed before.
    public init(current: RootKey, older: [RootKey] = []) {
        self.current = current
        keys = Dictionary((older + [current]).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }

    /// Seals a text so that it opens only in the same place.
    /// - Parameter place: where it is stored, as `table/column/row`; bound to the cipher text as associated data.
    public func seal(_ secret: Secret<String>, in place: String) throws -> SealedSecret {
        do {
            let dataKey = SymmetricKey(size: .bits256)
            let sealed = try AES.GCM.seal(
                Array(secret.unsafeReveal().utf8), using: dataKey, authenticating: Self.data("value", place))
            let wrapped = try AES.GCM.seal(
                dataKey.withUnsafeBytes { Array($0) }, using: current.wrappingKey,
                authenticating: Self.data("key", place))
            guard let sealedBytes = sealed.combined, let wrappedBytes = wrapped.combined else {
                throw TenancyError(.internalFailure, "AES-GCM gave no combined form.")
            }
            return SealedSecret(keyID: current.id, wrappedKey: Array(wrappedBytes), sealed: Array(sealedBytes))
        } catch let error as TenancyError {
            throw error
        } catch {
            throw TenancyError(.internalFailure, "The secret could not be sealed.", cause: error)
        }
    }

    /// Opens a sealed text.
    /// - Throws: ``TenancyError`` `keyMissing` where its root key is not in the ring, `unsealFailed` where it was
    ///   sealed for another place or was changed.
    public func open(_ sealed: SealedSecret, in place: String) throws -> Secret<String> {
        guard let root = keys[sealed.keyID] else {
            throw TenancyError(
                .keyMissing,
                "A secret is sealed under the root key \(sealed.keyID), which this process does not have. "
                    + "Set UNIFY_MASTER_KEY or UNIFY_MASTER_KEY_FILE to that key.")
        }
        do {
            let dataKey = SymmetricKey(
                data: try AES.GCM.open(
                    AES.GCM.SealedBox(combined: sealed.wrappedKey), using: root.wrappingKey,
                    authenticating: Self.data("key", place)))
            let plain = try AES.GCM.open(
                AES.GCM.SealedBox(combined: sealed.sealed), using: dataKey, authenticating: Self.data("value", place))
            return Secret(String(decoding: plain, as: UTF8.self))
        } catch {
            throw TenancyError(
                .unsealFailed, "A sealed secret does not open: it was changed or moved from another row.", cause: error)
        }
    }

    private static func data(_ purpose: String, _ place: String) -> [UInt8] {
        Array("unify/v1/\(purpose)/\(place)".utf8)
    }
}
