internal import Foundation
public import Tenancy
internal import TenancyTesting

/// An installation that an older version of the program made, restored from its SQL by `Tests/Fixtures`.
///
/// Users' databases are files. In each there are ada, an administrator; bob, who has items; cyd, who is suspended; dan, who
/// is deleted; and eve was removed for good.
public struct OlderInstallation: Sendable {
    public let folder: TemporaryFolder
    public let main: DatabaseLocation
    public let environment: [String: String]
    private let place: TestPlace
    public var data: String { "\(folder.path)/data" }

    /// The folders below `Tests/Fixtures`, one for each version whose installations are tried.
    public static let versions = ["main-20"]
    /// What the fixtures were made on.
    public static let places = TestPlace.all.filter { $0.kind != .sqlserver }
    /// The key of `scripts/upgrade-fixture.py`.
    private static let key = Data(0..<32).base64EncodedString()

    public init(_ version: String, at place: TestPlace) async throws {
        self.place = place
        folder = try TemporaryFolder()
        let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/\(version)/\(place.kind.rawValue)")
        var settings = ["MULTI_TENANT_MODE": "true", "UNIFY_DELETION_GRACE": "3650"]
        guard let server = place.server else {
            main = .file("\(folder.path)/data/main.db")
            environment = settings
            try restoreFolder(source)
            return
        }
        main = server.newMainLocation()
        settings["UNIFY_MAIN_DATABASE_URL"] = try server.url(of: main)
        environment = settings
        try restoreFolder(source)
        try await restoreMain(source.appending(path: "main.sql").path, on: server)
    }

    private func restoreFolder(_ source: URL) throws {
        let files = FileManager.default
        let names = files.subpaths(atPath: source.appending(path: "data").path) ?? []
        try files.createDirectory(atPath: data, withIntermediateDirectories: false)
        try "\(Self.key)\n".write(toFile: "\(data)/master.key", atomically: false, encoding: .utf8)
        for name in names.sorted() {
            let from = source.appending(path: "data/\(name)").path
            let target = "\(data)/\(name.hasSuffix(".db.sql") ? String(name.dropLast(4)) : name)"
            if isFolder(from) {
                try files.createDirectory(atPath: target, withIntermediateDirectories: false)
            } else if name.hasSuffix(".db.sql") {
                try run(["/usr/bin/env", "python3", "-c", Self.restoring, target, from])
            } else {
                try files.copyItem(atPath: from, toPath: target)
            }
        }
        try run(["/bin/chmod", "-R", "u=rwX,go=", data])
    }

    private static let restoring = """
        import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute("PRAGMA journal_mode=WAL"); \
        d.executescript(open(sys.argv[2]).read()); d.commit(); d.close()
        """

    private func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private func restoreMain(_ path: String, on server: TestDatabaseServer) async throws {
        guard let name = main.name, let login = main.login, let host = main.host, let port = main.port else {
            throw TestFailure("the location is not whole")
        }
        if place.kind == .postgresql {
            try await TestDatabaseServer.administer(
                place.engine,
                [
                    "CREATE DATABASE \"\(name)\" OWNER \(login.name) TEMPLATE template0 ENCODING 'UTF8' "
                        + "LC_COLLATE 'C' LC_CTYPE 'C'"
                ])
            return try run([
                "/usr/bin/psql", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-f", path, try server.url(of: main),
            ])
        }
        try await TestDatabaseServer.administer(place.engine, ["CREATE DATABASE `\(name)` CHARACTER SET utf8mb4"])
        try run([
            "/usr/bin/mariadb", "--abort-source-on-error", "-h", host, "-P", "\(port)", "-u", login.name,
            "-p\(login.password.unsafeReveal())", name, "-e", "source \(path)",
        ])
    }

    private func run(_ command: [String]) throws {
        let status = try ChildProcess.run(command)
        guard status == 0 else { throw TestFailure("\(command[0]) ended with \(status)") }
    }

    /// Removes the main database from its server, which may take a moment to notice that its clients were killed.
    public func remove() async throws {
        guard place.server != nil else { return }
        try await eventually("the main database can be removed") {
            do {
                try await place.engine.dropDatabase(at: main)
                return true
            } catch let error as TenancyError where error.code == .internalFailure || error.code == .busy {
                return false
            }
        }
    }
}
