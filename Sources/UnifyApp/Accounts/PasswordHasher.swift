internal import CSodium
internal import Tenancy

/// Hashes and checks passwords with Argon2id (RFC 9106) at OWASP's setting of 19 MiB and 2 passes, by libsodium.
///
/// Runs on threads of its own, a bounded number at a time: a flood of sign-ins takes neither all memory nor all cores.
public final class PasswordHasher: Sendable {
    /// The most hashes that are computed or wait; one more is refused with 503.
    static let maxWaiting = 256
    private static let memoryBytes = 19 * 1024 * 1024
    private static let passes: UInt64 = 2

    private let workers: WorkerThreads
    private let gate = AdmissionGate(
        limit: PasswordHasher.maxWaiting,
        refusal: .unavailable("overloaded", "Too many sign-ins at once. Try again."))
    /// The hash of a password that nobody has: checked where there is no such user, so that both cases take as long.
    private let decoy: String

    /// - Parameter maxThreads: hashes computed at the same time.
    public init(maxThreads: Int) throws {
        guard sodium_init() >= 0 else {
            throw TenancyError(.internalFailure, "libsodium could not be initialised.")
        }
        workers = WorkerThreads(name: "argon2id", maxThreads: maxThreads, niceness: 10, isApart: true)
        decoy = try Self.compute(Secret("no user has this password"))
    }

    /// The hash in its text form, `$argon2id$v=19$…`, with salt and setting.
    /// - Throws: ``Problem`` 503 where too many wait.
    func hash(_ password: Secret<String>) async throws -> String {
        try await bounded { try Self.compute(password) }
    }

    /// Whether the password is the one that was hashed. Takes as long without a hash as with one.
    func verify(_ password: Secret<String>, against hash: String?) async throws -> Bool {
        let (hash, isReal) = (hash ?? decoy, hash != nil)
        return try await bounded {
            let isRight = Self.withBytes(of: password) { bytes, count in
                crypto_pwhash_str_verify(hash, bytes, count) == 0
            }
            return isRight && isReal
        }
    }

    private func bounded<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await gate.admit { try await workers.run(body) }
    }

    private static func compute(_ password: Secret<String>) throws -> String {
        var output = [CChar](repeating: 0, count: Int(crypto_pwhash_strbytes()))
        let code = withBytes(of: password) { bytes, count in
            crypto_pwhash_str_alg(&output, bytes, count, passes, memoryBytes, crypto_pwhash_alg_argon2id13())
        }
        guard code == 0 else { throw TenancyError(.internalFailure, "There is no memory for hashing a password.") }
        return String(decoding: output.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Lends a copy of the password's bytes, which is wiped afterwards.
    private static func withBytes<Result>(
        of password: Secret<String>, _ body: (UnsafePointer<CChar>, UInt64) -> Result
    ) -> Result {
        var bytes = password.unsafeReveal().utf8.map(CChar.init(bitPattern:)) + [0]
        return bytes.withUnsafeMutableBufferPointer { buffer in
            defer { sodium_memzero(buffer.baseAddress, buffer.count) }
            guard let start = buffer.baseAddress else { preconditionFailure("there is a byte at least") }
            return body(start, UInt64(buffer.count - 1))
        }
    }
}
