internal import CPostgreSQL
internal import Foundation
internal import Synchronization
internal import Tenancy

/// A libpq connection: sends, waits for the socket, receives. Blocks only in `poll`.
///
/// `@unchecked Sendable`: `CallScheduler` lets one call at a time use the connection. ``cancel()``, which runs
/// concurrently, only uses what libpq documents as safe for that (`PQcancel`).
final class PostgreSQLLink: @unchecked Sendable {
    let connection: OpaquePointer
    private let cancelHandle: OpaquePointer
    let socket: ServerSocket
    private let ending = Lock(Ending())

    /// Who still needs the handle for stopping statements.
    private struct Ending {
        var isClosed = false
        var cancels = 0

        var isOver: Bool { isClosed && cancels == 0 }
    }

    /// Connects and logs in.
    /// - Parameter limit: the time limit, not counting the look-up of the host's name.
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
                // Version 13 does not end idle sessions.
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
        // Notices are meant for people at a terminal; libpq would print them.
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
        // A refusal is identified by its SQLSTATE, in any language.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        return connection
    }

    /// The authentication that libpq may answer when the server is not verified: SCRAM, which reveals the password to
    /// nobody, or none, for a server that identifies the client by its socket. Version 15 has no such parameter; see
    /// ``mayRead(_:_:)``.
    /// - Parameter libraryVersion: the value of `PQlibVersion`.
    static func requiredAuthentication(_ tls: TLSOptions, libraryVersion: Int32) -> String {
        guard libraryVersion >= 160_000, ![.verifyCA, .verifyFull].contains(tls.mode) else { return "" }
        return "scram-sha-256,none"
    }

    /// libpq 15 does not use the system's certificates by itself.
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

    /// Without encryption, answers only SCRAM requests. Someone in the server's place may ask for the password in plain
    /// text or as a guessable hash (MD5), and libpq 15 would send it. So libpq reads only what was looked at before.
    /// - Returns: false if a message has not arrived in full; libpq must not read yet.
    private static func mayRead(_ connection: OpaquePointer, _ location: DatabaseLocation) throws -> Bool {
        guard PQstatus(connection) == CONNECTION_AWAITING_RESPONSE, PQsslInUse(connection) == 0 else { return true }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(PQsocket(connection), &bytes, bytes.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        var rest = bytes.prefix(max(0, count))
        // Authentication requests: R, the length of what follows, itself included, and the kind (PostgreSQL's protocol,
        // message formats). libpq takes nothing but an error in their place, and a session begins after kind 0.
        while rest.first == UInt8(ascii: "R") {
            let numbers = rest.dropFirst().prefix(8)
            guard numbers.count == 8 else { return false }
            let (length, kind) = (Self.number(numbers.prefix(4)), Self.number(numbers.suffix(4)))
            if kind == 3 || kind == 5 { throw weakRequest(kind == 3 ? "in plain text" : "as MD5", location) }
            if kind == 0 { return true }
            guard length <= bytes.count / 2 else { throw PostgreSQLErrors.brokenConnection }
            guard rest.count > length else { return false }
            rest = rest.dropFirst(1 + length)
        }
        return true
    }

    private static func number(_ bytes: some Sequence<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

    private static func weakRequest(_ how: String, _ location: DatabaseLocation) -> TenancyError {
        TenancyError(
            .connectionFailed,
            "The server at \(location.serverAddress) asks for the password \(how) over a connection that is not encrypted. "
                + "Set password_encryption = 'scram-sha-256' there and the password anew, or use TLS.",
            engine: .postgresql)
    }

    private static func finish(_ connection: OpaquePointer, _ location: DatabaseLocation, limit: Duration) throws {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        var status = PGRES_POLLING_WRITING
        while PQstatus(connection) != CONNECTION_BAD, status != PGRES_POLLING_OK, status != PGRES_POLLING_FAILED {
            let event = status == PGRES_POLLING_READING ? POLLIN : POLLOUT
            var entry = pollfd(fd: PQsocket(connection), events: Int16(event), revents: 0)
            let left = max(0, Int32((deadline - clock.now) / .milliseconds(1)))
            guard left > 0, poll(&entry, 1, left) > 0 else {
                throw PostgreSQLErrors.connecting(to: location, text: "no answer within \(limit).")
            }
            guard try event == POLLOUT || mayRead(connection, location) else {
                // The socket stays readable meanwhile, so that waiting for it would not wait.
                usleep(1000)
                continue
            }
            status = PQconnectPoll(connection)
        }
        guard PQstatus(connection) == CONNECTION_OK else {
            throw PostgreSQLErrors.connecting(to: location, text: String(cString: PQerrorMessage(connection)))
        }
        try refuseLostSettings(connection, location)
    }

    /// Poolers configured to ignore `options` let a session begin without its settings. This checks a setting that
    /// servers report by themselves and whose value is never the default.
    private static func refuseLostSettings(_ connection: OpaquePointer, _ location: DatabaseLocation) throws {
        guard PQparameterStatus(connection, "IntervalStyle").map({ String(cString: $0) }) != "iso_8601" else { return }
        throw TenancyError(.invalidConfiguration, PostgreSQLErrors.pooled(location.serverAddress), engine: .postgresql)
    }

    /// The server process as reported at the start. A pooler reports a made-up one.
    var processID: Int32 { PQbackendPID(connection) }

    // MARK: Waiting

    /// Sends libpq's buffer, and receives meanwhile so that the two sides cannot block each other.
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

    /// Sends as much of libpq's buffer as the system takes.
    /// - Returns: whether that is all.
    func flushAtOnce() throws -> Bool {
        let left = PQflush(connection)
        guard left >= 0 else { throw PostgreSQLErrors.brokenConnection }
        return left == 0
    }

    /// Reads the data that has arrived.
    func receive() throws {
        guard PQconsumeInput(connection) == 1 else { throw PostgreSQLErrors.brokenConnection }
    }

    /// How often to call ``receive()`` before waiting for the socket. A TLS record (16 KiB at most) may be larger
    /// than what libpq reads at once (8 KiB at least), and what OpenSSL keeps of it does not make the socket
    /// readable.
    var readsPerNews: Int { PQsslInUse(connection) == 1 ? 3 : 1 }

    /// Whether the next result has not completely arrived.
    var isBusy: Bool { PQisBusy(connection) == 1 }

    private func wait(for events: Int32) {
        var entry = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
        // Also returns when the socket is shut down; a signal's interruption costs one more turn.
        _ = poll(&entry, 1, -1)
    }

    /// Waits until the server sends something or `wake` is readable.
    /// - Returns: false on timeout.
    func wait(besides wake: Int32, upTo limit: Duration) throws -> Bool {
        var entries = [
            pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&entries, 2, Int32(limit / .milliseconds(1))) > 0 else { return false }
        try receive()
        return true
    }

    /// What the server stores instead of a password (RFC 5802); needs no quoting.
    func verifier(of login: Login) throws -> String {
        let password = login.password.unsafeReveal()
        guard !password.utf8.contains(0),
            let pointer = PQencryptPasswordConn(connection, password, login.name, "scram-sha-256")
        else { throw TenancyError(.invalidConfiguration, "The password cannot be used.", engine: .postgresql) }
        defer { PQfreemem(pointer) }
        return String(cString: pointer)
    }

    // MARK: Stopping

    /// Asks the server to end the running statement, over a separate connection. Blocks, for minutes if nothing answers
    /// at its address; ``close()`` does not wait for it.
    func cancel() {
        let isOpen = ending.withLock { ending in
            if !ending.isClosed { ending.cancels += 1 }
            return !ending.isClosed
        }
        guard isOpen else { return }
        var message = [CChar](repeating: 0, count: 256)
        // If it fails, the grace period ends the call.
        _ = PQcancel(cancelHandle, &message, Int32(message.count))
        let isLast = ending.withLock { ending in
            ending.cancels -= 1
            return ending.isOver
        }
        if isLast { PQfreeCancel(cancelHandle) }
    }

    deinit { close() }

    /// Idempotent.
    func close() {
        let (wasClosed, isLast) = ending.withLock { ending in
            defer { ending.isClosed = true }
            return (ending.isClosed, ending.cancels == 0)
        }
        guard !wasClosed else { return }
        socket.close()
        // Otherwise the cancel that still runs frees it.
        if isLast { PQfreeCancel(cancelHandle) }
        PQfinish(connection)
    }
}
