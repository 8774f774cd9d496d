internal import Foundation
internal import Tenancy

/// Looks for user databases that no config names, files and databases on servers.
struct OrphanCheck {
    let system: UnifySystem
    /// Whether the main database is another one than this data directory's, so that its configs say nothing of the files.
    let isForeign: Bool

    func findings() async throws -> [Finding] {
        let files = system.manager.files
        var orphans: [Finding] = []
        for path in databaseFiles(under: "\(files.directory)/users") {
            let relative = String(path.dropFirst(files.directory.count + 1))
            guard let owner = UserDatabaseFiles.owner(ofRelativePath: relative) else {
                orphans.append(relative.hasSuffix(".tmp") ? leftover(path) : misplaced(path))
                continue
            }
            if try await system.manager.loadUserDatabaseConfig(owner)?.path != relative {
                orphans.append(
                    .fault(
                        "orphan_file", "No config names the file \(path).",
                        remedy: isForeign
                            ? "leave it there, see to main_database_unknown, then: unify doctor"
                            : "move it away: mv \(path) \(path).orphan", userID: owner.rawValue))
            }
        }
        return try await orphans + onServers()
    }

    private func onServers() async throws -> [Finding] {
        var findings: [Finding] = []
        for (server, _) in try await system.manager.serverOverview(after: 0, limit: 10_000) {
            do {
                let report = try await system.manager.inspect(server)
                findings += rights(on: server, report) + encryption(to: server, report)
                findings += try await system.manager.unclaimedDatabases(on: server).map { name in
                    .fault(
                        "orphan_database", "No config names the database \(name) on the server \(server.name).",
                        remedy: "look what is in it, then, as an administrator of the server: DROP DATABASE \(name)")
                }
            } catch let error as TenancyError {
                findings.append(
                    .fault(
                        error.code.rawValue,
                        "The server \(server.name) cannot be looked at: \(CommandRunner.message(of: error))",
                        remedy: remedy(for: error.code, server)))
            }
        }
        return findings
    }

    private func remedy(for code: TenancyError.Code, _ server: DatabaseServer) -> String {
        switch code {
        case .loginRefused, .unsealFailed:
            "give the login \(server.login) the password that it has on the server: unify server set \(server.name) "
                + "--password"
        case .keyMissing: "put back the root key that the message names"
        default: "start the server, or see why it cannot be reached: unify server test \(server.name)"
        }
    }

    /// Checks that a registered server can still make databases.
    private func rights(on server: DatabaseServer, _ report: ServerReport) -> [Finding] {
        guard !report.missing.isEmpty else { return [] }
        return [
            .fault(
                "server_rights", "The server \(server.name) cannot be used as it is: no databases are made there.",
                remedy: "as an administrator of the server: \(report.missing.joined(separator: "; "));")
        ]
    }

    /// A connection that only prefers TLS is made without it too, even if somebody in between removed the offer.
    private func encryption(to server: DatabaseServer, _ report: ServerReport) -> [Finding] {
        guard server.tls.mode == .prefer, !TLSOptions.isLoopback(server.host), report.isEncrypted == false else {
            return []
        }
        return [
            .notice(
                "server_not_encrypted",
                "The connection to the server \(server.name) is not encrypted: TLS is prefer, and it came about without.",
                remedy: "let the server offer TLS, then: unify server set \(server.name) --tls verify-full, with :FILE "
                    + "after it where your own authority signed the server's certificate")
        ]
    }

    private func misplaced(_ path: String) -> Finding {
        .fault(
            "orphan_file", "The file \(path) is not where a user's database would be, and nobody uses it.",
            remedy: "move it away: mv \(path) \(path).orphan")
    }

    private func leftover(_ path: String) -> Finding {
        .fault("leftover_file", "The file \(path) was never finished.", remedy: "rm \(path)")
    }

    private func databaseFiles(under folder: String) -> [String] {
        FileTree([folder]).entries.filter { $0.status.kind != .folder }.map(\.path)
            .filter { $0.hasSuffix(".db") || $0.hasSuffix(".tmp") }
    }
}
