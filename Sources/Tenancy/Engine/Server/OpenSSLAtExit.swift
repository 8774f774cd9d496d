internal import Foundation

/// Keeps OpenSSL's exit handler from running in this process.
///
/// The client libraries of servers use OpenSSL even where no connection is encrypted: Connector/C starts it before its
/// first connection, and libpq needs it for passwords. OpenSSL keeps memory for each thread that uses it, and frees it
/// when the thread ends. Its exit handler frees the memory of all threads, without a lock. ``ServerThreads`` end by
/// themselves, so one of them can end while the process exits. The memory would be freed twice, and the process would
/// abort after its work was done.
///
/// Nothing is lost without the handler: it only frees memory.
enum OpenSSLAtExit {
    private typealias Initializer = @convention(c) (_ options: UInt64, _ settings: UnsafeRawPointer?) -> Int32

    /// `OPENSSL_INIT_NO_ATEXIT`, of OpenSSL 1.1.1 and later.
    private static let withoutExitHandler: UInt64 = 0x0008_0000

    private static let isDone: Bool = {
        // By name, because this module does not link OpenSSL: the client libraries bring it, or do without.
        guard let symbol = dlsym(nil, "OPENSSL_init_crypto") else { return false }
        return unsafeBitCast(symbol, to: Initializer.self)(withoutExitHandler, nil) == 1
    }()

    /// Call this before anything in the process uses OpenSSL; later it has no effect.
    static func omitHandler() { _ = isDone }
}
