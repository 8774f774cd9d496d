internal import Foundation
internal import Tenancy

/// PgBouncer in front of a server, pooling by transaction.
struct PgBouncer {
    let port: Int
    private let folder: String
    private let process: Process

    /// Starts it and returns when it takes connections.
    static func start(for locations: [DatabaseLocation], in folder: String) throws -> PgBouncer {
        guard let host = locations.first?.host, let serverPort = locations.first?.port else {
            throw TenancyError(.internalFailure, "There is no server to put PgBouncer in front of.")
        }
        let port = Int.random(in: 20_000...30_000)
        // It runs as nobody where this runs as root, and reads its files as that.
        let own = FileManager.default.temporaryDirectory.path + "/unify-bench-pgbouncer-\(port)"
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        try settings(port: port, host: host, serverPort: serverPort, folder: own)
            .write(toFile: "\(own)/pgbouncer.ini", atomically: true, encoding: .utf8)
        try locations.compactMap(\.login).map { "\"\($0.name)\" \"\($0.password.unsafeReveal())\"\n" }.joined()
            .write(toFile: "\(own)/users.txt", atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/sbin/pgbouncer")
        process.arguments = (getuid() == 0 ? ["-u", "nobody"] : []) + ["-q", "\(own)/pgbouncer.ini"]
        try process.run()
        for _ in 0..<100 where !isListening(port) { usleep(50_000) }
        guard isListening(port) else { throw TenancyError(.internalFailure, "PgBouncer did not start.") }
        return PgBouncer(port: port, folder: own, process: process)
    }

    func stop() {
        // Not by SIGTERM, which it inherits blocked.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        // The folder is temporary; one that stays does no harm.
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func settings(port: Int, host: String, serverPort: Int, folder: String) -> String {
        """
        [databases]
        * = host=\(host) port=\(serverPort)
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = \(port)
        unix_socket_dir =
        auth_type = plain
        auth_file = \(folder)/users.txt
        pool_mode = transaction
        max_client_conn = 1000
        default_pool_size = 5
        server_tls_sslmode = disable

        """
    }

    private static func isListening(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
