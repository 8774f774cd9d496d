import Foundation
import MySQLEngine
import Testing

/// The end of a process whose threads for a server end at the same time.
@Suite(.timeLimit(.minutes(1))) struct MySQLExitTests {
    private static let cleanupStatus: Int32 = 70
    /// `OPENSSL_INIT_LOAD_CRYPTO_STRINGS`; without any option OpenSSL would not start.
    private static let startOption: UInt64 = 2

    private static func symbol(_ name: String) throws -> UnsafeMutableRawPointer {
        try #require(dlsym(nil, name), "Connector/C brings OpenSSL")
    }

    /// Starts OpenSSL as Connector/C does, then exits, with ``cleanupStatus`` if OpenSSL's exit handler runs.
    private static func startOpenSSLAndExit() throws {
        let start = unsafeBitCast(
            try symbol("OPENSSL_init_crypto"), to: (@convention(c) (UInt64, UnsafeRawPointer?) -> Int32).self)
        let callAtCleanup = unsafeBitCast(
            try symbol("OPENSSL_atexit"), to: (@convention(c) (@convention(c) () -> Void) -> Int32).self)
        try #require(start(Self.startOption, nil) == 1)
        try #require(callAtCleanup { _exit(Self.cleanupStatus) } == 1)
        exit(EXIT_SUCCESS)
    }

    @Test func openSSLIsNotCleanedUpBesideThreadsThatEnd() async {
        await #expect(processExitsWith: .exitCode(EXIT_SUCCESS)) {
            _ = MySQLEngine()
            try Self.startOpenSSLAndExit()
        }
    }

    /// So that the test above sees what it looks for.
    @Test func openSSLCleansUpByItself() async {
        await #expect(processExitsWith: .exitCode(Self.cleanupStatus)) { try Self.startOpenSSLAndExit() }
    }
}
