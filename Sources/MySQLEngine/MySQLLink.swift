internal import CMariaDB
internal import Foundation
internal import Tenancy

/// A logged-in connection of MariaDB Connector/C; every call blocks.
///
/// Connector/C initializes itself once, in `mysql_init`, and keeps no per-thread state.
///
/// `@unchecked Sendable`: `CallScheduler` lets one call at a time use the connection.
final class MySQLLink: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<MYSQL>
    let threadID: UInt
    let isMariaDB: Bool
    let isEncrypted: Bool
    let socket: ServerSocket
    private var isClosed = false

    /// Connects and logs in.
    /// - Parameters:
    ///   - database: nil for none.
    ///   - limit: the time limit, not counting the look-up of the host's name.
    ///   - callLimit: the time limit of each later wait for the server; nil if the caller enforces it.
    ///   - settings: SQL that sets up the session; nil for none.
    init(
        _ location: DatabaseLocation, database: String?, login: Login, limit: Duration, callLimit: Duration? = nil,
        settings: String? = nil
    ) throws {
        let words = try MySQLWords(location, database: database, login: login)
        guard let pointer = mysql_init(nil) else {
            throw TenancyError(.internalFailure, "Connector/C has no memory for a connection.", engine: .mysql)
        }
        do {
            Self.set(pointer, limit: limit, callLimit: callLimit, settings: settings)
            Self.setTLS(pointer, location.tls)
            guard
                mysql_real_connect(
                    pointer, words.host, words.login, words.password, database, words.port, nil,
                    UInt(CLIENT_FOUND_ROWS)) != nil
            else { throw MySQLErrors.connecting(to: location, pointer) }
            try Self.requireTLS(pointer, location)
            socket = try ServerSocket(duplicating: Int32(mysql_get_socket(pointer)))
        } catch {
            mysql_close(pointer)
            throw error
        }
        self.pointer = pointer
        threadID = mysql_thread_id(pointer)
        isMariaDB = mariadb_connection(pointer) != 0
        isEncrypted = mysql_get_ssl_cipher(pointer) != nil
    }

    /// Connector/C's options, by name in mariadb.com/kb/en/mysql_optionsv.
    private static func set(
        _ pointer: UnsafeMutablePointer<MYSQL>, limit: Duration, callLimit: Duration?, settings: String?
    ) {
        // Lets single calls wait outside the library; memory for one of them at a time, of the library's default
        // size.
        mysql_options(pointer, MYSQL_OPT_NONBLOCK, nil)
        set(pointer, MYSQL_OPT_CONNECT_TIMEOUT, seconds(limit))
        set(pointer, MYSQL_OPT_READ_TIMEOUT, callLimit.map(seconds) ?? 0)
        set(pointer, MYSQL_OPT_WRITE_TIMEOUT, callLimit.map(seconds) ?? 0)
        // Otherwise `localhost` means the socket of any server on this machine.
        set(pointer, MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_TCP.rawValue)
        // Otherwise a server may ask for any file on this machine.
        set(pointer, MYSQL_OPT_LOCAL_INFILE, UInt32(0))
        set(pointer, MYSQL_REPORT_DATA_TRUNCATION, my_bool(0))
        mysql_options(pointer, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        // Otherwise a server may ask for the password in plain text.
        mysql_options(
            pointer, MARIADB_OPT_RESTRICTED_AUTH,
            "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519")
        mysql_options4(pointer, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "unify")
        if let settings { mysql_options(pointer, MYSQL_INIT_COMMAND, settings) }
    }

    private static func set(
        _ pointer: UnsafeMutablePointer<MYSQL>, _ option: mysql_option, _ value: some BitwiseCopyable
    ) {
        withUnsafeBytes(of: value) { _ = mysql_options(pointer, option, $0.baseAddress) }
    }

    private static func seconds(_ duration: Duration) -> UInt32 { UInt32(max(1, duration.components.seconds)) }

    // MARK: TLS

    /// With TLS "enforced" but not verified, Connector/C encrypts if the server can and continues if it cannot: that
    /// is `prefer`; ``requireTLS(_:_:)`` makes it `require`.
    ///
    /// With a file of certificates and verification off, the certificate's signature is checked but not its name.
    /// Without a file Connector/C has no such mode: `verify-ca` then means `verify-full`, which is stricter.
    private static func setTLS(_ pointer: UnsafeMutablePointer<MYSQL>, _ tls: TLSOptions) {
        let checksName = tls.mode == .verifyFull || tls.mode == .verifyCA && tls.certificates == nil
        set(pointer, MYSQL_OPT_SSL_ENFORCE, my_bool(tls.mode == .disable ? 0 : 1))
        set(pointer, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, my_bool(checksName ? 1 : 0))
        if [.verifyCA, .verifyFull].contains(tls.mode), let certificates = tls.certificates {
            mysql_options(pointer, MYSQL_OPT_SSL_CA, certificates)
        }
    }

    /// - Throws: ``TenancyError`` `connectionFailed` if the connection lacks the required TLS.
    private static func requireTLS(_ pointer: UnsafeMutablePointer<MYSQL>, _ location: DatabaseLocation) throws {
        guard ![.disable, .prefer].contains(location.tls.mode), mysql_get_ssl_cipher(pointer) == nil else { return }
        throw TenancyError(
            .connectionFailed,
            "The MySQL server \(MySQLErrors.place(location)) offers no TLS, and \(location.tls.mode.rawValue) was asked.",
            engine: .mysql)
    }

    // MARK: Statements of the engine's own

    /// Runs SQL without rows, or whose rows do not matter.
    func control(_ sql: String) throws { _ = try rows(sql) }

    /// Runs the engine's own SQL as text, and returns its cells as text.
    func rows(_ sql: String) throws -> [[String?]] {
        guard mysql_real_query(pointer, sql, UInt(sql.utf8.count)) == 0 else { throw MySQLErrors.error(on: pointer) }
        guard let result = mysql_store_result(pointer) else {
            guard mysql_errno(pointer) == 0 else { throw MySQLErrors.error(on: pointer) }
            return []
        }
        defer { mysql_free_result(result) }
        let count = Int(mysql_num_fields(result))
        var rows: [[String?]] = []
        while let row = mysql_fetch_row(result), let lengths = mysql_fetch_lengths(result) {
            rows.append(
                try (0..<count).map { index in
                    try row[index].map {
                        try MySQLText.decode(UnsafeRawBufferPointer(start: $0, count: Int(lengths[index])))
                    }
                })
        }
        guard mysql_errno(pointer) == 0 else { throw MySQLErrors.error(on: pointer) }
        return rows
    }

    /// Makes this the default database of unqualified names.
    func select(_ database: String) throws {
        guard mysql_select_db(pointer, database) == 0 else { throw MySQLErrors.error(on: pointer) }
    }

    /// The session's database.
    var database: String? { pointer.pointee.db.map { String(cString: $0) } }

    /// Whether the server says that a transaction is open.
    var isInTransaction: Bool { pointer.pointee.server_status & UInt32(SERVER_STATUS_IN_TRANS) != 0 }

    /// Waits until the server sends something or, for room, accepts more. Blocks.
    func wait(forRoom isForRoom: Bool) {
        var entry = pollfd(
            fd: Int32(mysql_get_socket(pointer)), events: Int16(isForRoom ? POLLOUT : POLLIN), revents: 0)
        // Also returns when the socket is shut down; a signal's interruption costs the caller one more turn.
        _ = poll(&entry, 1, -1)
    }

    // MARK: Ending

    /// Idempotent.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        socket.close()
        mysql_close(pointer)
    }
}
