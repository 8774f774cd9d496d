internal import CSodium
internal import Tenancy

/// Hashes and checks passwords with Argon2id (RFC 9106) at OWASP's setting of 19 MiB and 2 passes, using libsodium.
/// Passwords are first normalized (form C) and mixed with the pepper.
///
/// Runs on its own threads, a bounded number at a time: a flood of sign-ins takes neither all memory nor all cores.
public final class PasswordHasher: Sendable {
    private static let memoryBytes = 19 * 1024 * 1024
    private static let passes: UInt64 = 2

    private let workers: WorkerThreads
    private let lines: HashingLines
    let pepper: PasswordPepper
    /// The hash of an unknown password: checked if the user does not exist, so that both cases take the same time.
    private let decoy: String

    /// - Parameter maxThreads: hashes computed at the same time.
    public init(maxThreads: Int, pepper: PasswordPepper) throws {
        guard sodium_init() >= 0 else {
            throw TenancyError(.internalFailure, "libsodium could not be initialised.")
        }
        lines = HashingLines(parallel: maxThreads)
        workers = WorkerThreads(name: "argon2id", maxThreads: maxThreads, niceness: 10, isApart: true)
        self.pepper = pepper
        decoy = try Self.compute(Secret("no user has this password"), pepper)
    }

    /// The hash in its text form, ``PepperedHash``, with salt and parameters.
    /// - Throws: ``Problem`` 503 if too many wait.
    func hash(_ password: Secret<String>, in place: HashingLines.Place) async throws -> String {
        try await bounded(place) { [pepper] in try Self.compute(password, pepper) }
    }

    /// The result of checking a password.
    enum Verdict: Sendable, Equatable {
        case wrong, right
        /// Right, but the stored hash has an older form; this one should replace it.
        case outdated(String)

        var isRight: Bool {
            if case .wrong = self { false } else { true }
        }
    }

    /// Whether the password is the one that was hashed. Takes as long without a hash as with one.
    /// - Throws: ``TenancyError`` `keyMissing` if it was hashed with another pepper.
    func verify(
        _ password: Secret<String>, against hash: String?, in place: HashingLines.Place
    ) async throws -> Verdict {
        let isReal = hash != nil
        let known = PepperedHash(text: hash ?? decoy)
        guard known.pepperID == nil || known.pepperID == pepper.id else {
            throw TenancyError(
                .keyMissing,
                "A password was hashed with the pepper \(known.pepperID ?? ""), which is not this server's.")
        }
        return try await bounded(place) { [pepper] in
            let isOld = known.pepperID == nil
            let forms = PasswordRules.forms(of: password.unsafeReveal())
            // All of them are checked, so that the time depends only on the input and not on the account.
            let matches = forms.map { form in
                Self.matches(isOld ? Array(form.utf8) : Self.mixed(password, pepper), known.argon)
            }
            guard isReal, matches.contains(true) else { return .wrong }
            return isOld ? .outdated(try Self.compute(password, pepper)) : .right
        }
    }

    private func bounded<Result: Sendable>(
        _ place: HashingLines.Place, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await lines.admit(place) { try await workers.run(body) }
    }

    private static func mixed(_ password: Secret<String>, _ pepper: PasswordPepper) -> [UInt8] {
        pepper.mixed(into: Array(PasswordRules.normalized(password.unsafeReveal()).utf8))
    }

    private static func compute(_ password: Secret<String>, _ pepper: PasswordPepper) throws -> String {
        var output = [CChar](repeating: 0, count: Int(crypto_pwhash_strbytes()))
        let code = withBytes(mixed(password, pepper)) { bytes, count in
            crypto_pwhash_str_alg(&output, bytes, count, passes, memoryBytes, crypto_pwhash_alg_argon2id13())
        }
        guard code == 0 else { throw TenancyError(.internalFailure, "There is no memory for hashing a password.") }
        let argon = String(decoding: output.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return PepperedHash(pepperID: pepper.id, argon: argon).text
    }

    private static func matches(_ password: [UInt8], _ argon: String) -> Bool {
        withBytes(password) { bytes, count in crypto_pwhash_str_verify(argon, bytes, count) == 0 }
    }

    /// Lends a copy of the bytes, which is wiped afterwards.
    private static func withBytes<Result>(
        _ password: [UInt8], _ body: (UnsafePointer<CChar>, UInt64) -> Result
    ) -> Result {
        var bytes = password.map(CChar.init(bitPattern:)) + [0]
        return bytes.withUnsafeMutableBufferPointer { buffer in
            defer { sodium_memzero(buffer.baseAddress, buffer.count) }
            guard let start = buffer.baseAddress else { preconditionFailure("there is a byte at least") }
            return body(start, UInt64(buffer.count - 1))
        }
    }
}
