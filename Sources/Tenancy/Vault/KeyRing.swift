internal import Crypto
internal import Foundation
internal import Synchronization

/// Seals and opens secrets under this process's root keys.
///
/// Keys can be added at run time: if a secret is sealed under a key that another process has made, the ring reloads
/// its keys from the source.
public final class KeyRing: Sendable {
    /// Returns all keys; the first is the one for new secrets.
    public typealias Source = @Sendable () throws -> [RootKey]

    private let keys: Lock<[RootKey]>
    private let source: Source?

    /// - Parameters:
    ///   - current: the key for new secrets.
    ///   - older: keys that still open older secrets.
    ///   - source: where to find keys added later.
    public init(current: RootKey, older: [RootKey] = [], source: Source? = nil) {
        keys = Lock([current] + older)
        self.source = source
    }

    /// The key for new secrets.
    public var current: RootKey { keys.withLock { $0[0] } }

    /// The ids of all keys, the current one's first.
    public var keyIDs: [String] { keys.withLock { $0.map(\.id) } }

    /// Replaces the keys by the source's current ones.
    /// - Throws: what the source throws; the ring is then unchanged.
    public func reload() throws {
        guard let fresh = try source?(), !fresh.isEmpty else { return }
        keys.withLock { $0 = fresh }
    }

    private func key(_ id: String) throws -> RootKey? {
        if let known = keys.withLock({ $0.first { $0.id == id } }) { return known }
        try reload()
        return keys.withLock { $0.first { $0.id == id } }
    }

    /// Seals a text so that it opens only in the same place.
    /// - Parameter place: where it is stored, as `table/column/row`; bound to the ciphertext as associated data.
    public func seal(_ secret: Secret<String>, in place: String) throws -> SealedSecret {
        try seal(secret, in: place, under: current)
    }

    /// - Parameter root: one of the ring's keys.
    private func seal(_ secret: Secret<String>, in place: String, under root: RootKey) throws -> SealedSecret {
        do {
            let dataKey = SymmetricKey(size: .bits256)
            let sealed = try AES.GCM.seal(
                Array(secret.unsafeReveal().utf8), using: dataKey, authenticating: Self.data("value", place))
            let wrapped = try dataKey.withUnsafeBytes {
                // In place: a copy would stay in memory.
                try AES.GCM.seal(
                    $0.bindMemory(to: UInt8.self), using: root.wrappingKey, authenticating: Self.data("key", place))
            }
            guard let sealedBytes = sealed.combined, let wrappedBytes = wrapped.combined else {
                throw TenancyError(.internalFailure, "AES-GCM gave no combined form.")
            }
            return SealedSecret(keyID: root.id, wrappedKey: Array(wrappedBytes), sealed: Array(sealedBytes))
        } catch let error as TenancyError {
            throw error
        } catch {
            throw TenancyError(.internalFailure, "The secret could not be sealed.", cause: error)
        }
    }

    /// Seals a text under a key that need not be the current one.
    /// - Throws: ``TenancyError`` `keyMissing`.
    func seal(_ secret: Secret<String>, in place: String, underKey id: String) throws -> SealedSecret {
        guard let root = try key(id) else { throw missing(id) }
        return try seal(secret, in: place, under: root)
    }

    private func missing(_ keyID: String) -> TenancyError {
        TenancyError(
            .keyMissing,
            "A secret is sealed under the root key \(keyID), which this process does not have. "
                + "Set UNIFY_MASTER_KEY or UNIFY_MASTER_KEY_FILE to that key.")
    }

    /// Opens a sealed text.
    /// - Throws: ``TenancyError`` `keyMissing` if its root key is not in the ring, `unsealFailed` if it was sealed
    ///   for another place or was changed.
    public func open(_ sealed: SealedSecret, in place: String) throws -> Secret<String> {
        guard let root = try key(sealed.keyID) else { throw missing(sealed.keyID) }
        do {
            var unwrapped = try AES.GCM.open(
                AES.GCM.SealedBox(combined: sealed.wrappedKey), using: root.wrappingKey,
                authenticating: Self.data("key", place))
            defer { unwrapped.resetBytes(in: unwrapped.startIndex..<unwrapped.endIndex) }
            let dataKey = SymmetricKey(data: unwrapped)
            var plain = try AES.GCM.open(
                AES.GCM.SealedBox(combined: sealed.sealed), using: dataKey, authenticating: Self.data("value", place))
            defer { plain.resetBytes(in: plain.startIndex..<plain.endIndex) }
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
