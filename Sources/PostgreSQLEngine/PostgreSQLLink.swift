internal import CPostgreSQL
internal import Foundation
internal import Synchronization
internal import Tenancy

/// A libpq connection: sends, waits for the socket, receives. Never blocks but in `poll`.
///
/// `@unchecked Sendable`: `ServerCalls` lets one call at a time use the connection; ``cancel()``, which runs beside it,
/// touches only what libpq documents as safe for that (`PQcancel`).
final class PostgreSQLLink: @unchecked Sendable {
    let connection: OpaquePointer
    private let cancelHandle: OpaquePointer
    let socket: ServerSocket
    private let isClosed = Lock(false)

    /// Connects and logs in.
    /// - Parameter limit: how long that may take, the look-up of the host's name excepted.
    init(
        _ location: DatabaseLocation, database: String, login: Login, options: PostgreSQLEngine.Options,
        searchPath: SearchPath = .schema
    ) throws {
        let connection = try Self.connect(
            location, database: database, login: login,
            settings: "\(options.sessionSettings) -c search_path=\(searchPath.rawValue)", limit: options.connectLimit)
        do {
            guard let cancelHandle = PQgetCancel(connection), PQsetnonblocking(connection, 1) == 0 else {
                throw PostgreSQLErrors.brokenConnection
            }
            do {
                socket = try ServerSocket(duplicating: PQsocket(connection))
            } catch {
                PQfreeCancel(cancelHandle)
                throw error
            }
            self.connection = connection
            self.cancelHandle = cancelHandle
        } catch {
            PQfinish(connection)
            throw error
        }
    }

    private static func connect(
        _ location: DatabaseLocation, database: String, login: Login, settings common: String, limit: Duration
    ) throws -> OpaquePointer {
        var settings = common + PostgreSQLEngine.Options.idleSetting
        while true {
            let connection = try start(location, database: database, login: login, settings: settings)
            do {
                try finish(connection, location, limit: limit)
                return connection
            } catch {
                let isUnknown = PostgreSQLErrors.isUnknownSetting(String(cString: PQerrorMessage(connection)))
                PQfinish(connection)
                // Version 13 ends no idle session.
                guard isUnknown, settings != common else { throw error }
                settings = common
            }
        }
    }

    private static func start(
        _ location: DatabaseLocation, database: String, login: Login, settings: String
    ) throws -> OpaquePointer {
        let words: [(String, String)] = [
            ("host", location.host ?? "localhost"), ("port", String(location.port ?? PostgreSQLEngine.defaultPort)),
            ("dbname", database), ("user", login.name), ("password", login.password.unsafeReveal()),
            ("sslmode", location.tls.mode.rawValue), ("sslrootcert", certificates(location.tls)),
            ("channel_binding", location.tls.mode == .require ? "require" : ""),
            ("client_encoding", "UTF8"), ("gssencmode", "disable"), ("application_name", "unify"),
            ("target_session_attrs", "any"),
            ("keepalives_idle", "30"), ("tcp_user_timeout", "15000"), ("options", settings),
            ("require_auth", requiredAuthentication(location.tls, libraryVersion: PQlibVersion())),
        ].filter { !$0.1.isEmpty }
        guard !words.contains(where: { $0.1.utf8.contains(0) }) else {
            throw TenancyError(.invalidConfiguration, "A NUL character is in the location.", engine: .postgresql)
        }
        var names: [UnsafePointer<CChar>?] = words.map { UnsafePointer(strdup($0.0)) } + [nil]
        var values: [UnsafePointer<CChar>?] = words.map { UnsafePointer(strdup($0.1)) } + [nil]
        defer { for pointer in names + values { free(UnsafeMutablePointer(mutating: pointer)) } }
        // `expand_dbname` is 0: a database's name is never read as a connection string.
        guard let connection = PQconnectStartParams(&names, &values, 0) else {
            throw TenancyError(.internalFailure, "libpq has no memory for a connection.", engine: .postgresql)
        }
        // Notices are for people at a terminal; libpq would print them.
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
        // A refusal is told by its SQLSTATE, whatever language the server speaks.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        return connection
    }

    /// What libpq answers with, where nothing says that the server is the one: SCRAM, which gives the password to nobody, or
    /// nothing, for a server that knows the client by its socket. Version 15 cannot be told; see ``refuseWeakRequest(_:_:)``.
    /// - Parameter libraryVersion: as `PQlibVersion` has it.
    static func requiredAuthentication(_ tls: TLSOptions, libraryVersion: Int32) -> String {
        guard libraryVersion >= 160_000, ![.verifyCA, .verifyFull].contains(tls.mode) else { return "" }
        return "scram-sha-256,none"
    }

    /// libpq 15 does not look at the system's certificates by itself.
    private static func certificates(_ tls: TLSOptions) -> String {
        guard tls.certificates == nil, [.verifyCA, .verifyFull].contains(tls.mode) else {
            return tls.certificates ?? ""
        }
        return systemCertificates.first { access($0, R_OK) == 0 } ?? ""
    }

    /// Debian's, Red Hat's, Alpine's.
    private static let systemCertificates = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]

    /// Whoever answers in place of the server may ask for the password as it is, or hashed so that it can be guessed (MD5);
    /// libpq 15 would send it. Where the connection is not encrypted, nothing but SCRAM is answered.
    private static func refuseWeakRequest(_ connection: OpaquePointer, _ location: DatabaseLocation) throws {
        guard PQstatus(connection) == CONNECTION_AWAITING_RESPONSE, PQsslInUse(connection) == 0 else { return }
        // Authentication request: R, a length, the kind (PostgreSQL's protocol, message formats).
        var bytes = [UInt8](repeating: 0, count: 9)
        guard recv(PQsocket(connection), &bytes, bytes.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 9,
            bytes[0] == UInt8(ascii: "R"), bytes[5...7] == [0, 0, 0], [3, 5].contains(bytes[8])
        else { return }
        throw TenancyError(
            .connectionFailed,
            "The server at \(location.serverAddress) asks for the password \(bytes[8] == 3 ? "in plain text" : "as MD5") over "
                + "a connection that is not encrypted. Set password_encryption = 'scram-sha-256' there and the password anew, "
                + "or use TLS.", engine: .postgresql)
    }

    private static func finish(_ connection: OpaquePointer, _ location: DatabaseLocation, limit: Duration) throws {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        var status = PGRES_POLLING_WRITING
        while PQstatus(connection) != CONNECTION_BAD, status != PGRES_POLLING_OK, status != PGRES_POLLING_FAILED {
            let event = status == PGRES_POLLING_READING ? POLLIN : POLLOUT
            var entry = pollfd(fd: PQsocket(connection), events: Int16(event), revents: 0)
            let left = max(0, Int32((deadline - clock.now) / .milliseconds(1)))
            guard poll(&entry, 1, left) > 0 else {
                throw PostgreSQLErrors.connecting(to: location, text: "no answer within \(limit).")
            }
            if event == POLLIN { try refuseWeakRequest(connection, location) }
            status = PQconnectPoll(connection)
        }
        guard PQstatus(connection) == CONNECTION_OK else {
            throw PostgreSQLErrors.connecting(to: location, text: String(cString: PQerrorMessage(connection)))
        }
        try refuseLostSettings(connection, location)
    }

    /// Poolers that are told to ignore `options` let a session begin without its settings. One that a server reports by
    /// itself shows it, and is no server's default.
    private static func refuseLostSettings(_ connection: OpaquePointer, _ location: DatabaseLocation) throws {
        guard PQparameterStatus(connection, "IntervalStyle").map({ String(cString: $0) }) != "iso_8601" else { return }
        throw TenancyError(.invalidConfiguration, PostgreSQLErrors.pooled(location.serverAddress), engine: .postgresql)
    }

    /// The process on the server that the server itself named at the start. A pooler names one of its own making.
    var processID: Int32 { PQbackendPID(connection) }

    // MARK: Waiting

    /// Sends what is in libpq's buffer, receiving meanwhile so that neither side waits for the other for ever.
    func flush() throws {
        while true {
            switch PQflush(connection) {
            case 0: return
            case 1:
                wait(for: POLLIN | POLLOUT)
                try receive()
            default: throw PostgreSQLErrors.brokenConnection
            }
        }
    }

    /// The next result of what was sent; nil if all have come.
    func nextResult() throws -> OpaquePointer? {
        while isBusy {
            for _ in 1..<readsPerNews where isBusy { try receive() }
            guard isBusy else { break }
            wait(for: POLLIN)
            try receive()
        }
        return PQgetResult(connection)
    }

    // MARK: Without waiting

    /// Sends what is in libpq's buffer, as far as the system takes it.
    /// - Returns: whether that is all.
    func flushAtOnce() throws -> Bool {
        let left = PQflush(connection)
        guard left >= 0 else { throw PostgreSQLErrors.brokenConnection }
        return left == 0
    }

    /// Takes what has arrived.
    func receive() throws {
        guard PQconsumeInput(connection) == 1 else { throw PostgreSQLErrors.brokenConnection }
    }

    /// How often ``receive()`` must be called before the socket is waited for: a record of TLS, 16 KiB at most, may be more
    /// than libpq takes at once (8 KiB at least), and what OpenSSL keeps of it is no news of the socket.
    var readsPerNews: Int { PQsslInUse(connection) == 1 ? 3 : 1 }

    /// Whether the next result has not wholly arrived.
    var isBusy: Bool { PQisBusy(connection) == 1 }

    private func wait(for events: Int32) {
        var entry = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
        // Returns also when the socket is shut down; an interruption by a signal is one more turn of the loop.
        _ = poll(&entry, 1, -1)
    }

    /// Waits until the server says something or `wake` is readable.
    /// - Returns: false when the time is over.
    func wait(besides wake: Int32, upTo limit: Duration) throws -> Bool {
        var entries = [
            pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&entries, 2, Int32(limit / .milliseconds(1))) > 0 else { return false }
        try receive()
        return true
    }

    /// What the server stores in place of a password (RFC 5802): digits and letters that need no quoting.
    func verifier(of login: Login) throws -> String {
        let password = login.password.unsafeReveal()
        guard !password.utf8.contains(0),
            let pointer = PQencryptPasswordConn(connection, password, login.name, "scram-sha-256")
        else { throw TenancyError(.invalidConfiguration, "The password cannot be used.", engine: .postgresql) }
        defer { PQfreemem(pointer) }
        return String(cString: pointer)
    }

    // MARK: Stopping

    /// Asks the server to end the statement that runs, over a connection of its own. Blocks.
    func cancel() {
        var message = [CChar](repeating: 0, count: 256)
        isClosed.withLock { isClosed in
            // Under the lock, since closing frees the handle. A cancellation that fails leaves the grace to end.
            if !isClosed { _ = PQcancel(cancelHandle, &message, Int32(message.count)) }
        }
    }

    deinit { close() }

    /// May be repeated.
    func close() {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        guard !wasClosed else { return }
        socket.close()
        PQfreeCancel(cancelHandle)
        PQfinish(connection)
    }
}
