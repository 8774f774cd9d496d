internal import Foundation
public import Tenancy

/// A throw-away server that `scripts/test-servers.sh run` started.
public struct TestDatabaseServer: Sendable {
    /// Host, port and the provisioning login; no database.
    public let location: DatabaseLocation
    /// What `stop` and `start` of the script call it; nil for one that tests must leave running.
    public let name: String?

    /// The server of an engine that all tests share.
    /// - Throws: ``TestFailure`` where it does not run.
    public static func shared(_ engine: EngineKind) throws -> TestDatabaseServer {
        TestDatabaseServer(location: try location("UNIFY_TEST_\(engine.rawValue.uppercased())_URL"), name: nil)
    }

    /// The server of an engine that the test may stop and start. One test at a time.
    public static func stoppable(_ engine: EngineKind) throws -> TestDatabaseServer {
        TestDatabaseServer(
            location: try location("UNIFY_TEST_\(engine.rawValue.uppercased())_2_URL"), name: "\(engine.rawValue)-2")
    }

    /// Whether the environment names a server of this engine; only SQL Server's may be missing.
    public static func isThere(_ engine: EngineKind) -> Bool {
        ProcessInfo.processInfo.environment["UNIFY_TEST_\(engine.rawValue.uppercased())_URL"] != nil
    }

    private static func location(_ variable: String) throws -> DatabaseLocation {
        guard let url = ProcessInfo.processInfo.environment[variable] else {
            throw TestFailure("\(variable) is not set. Run the tests by: scripts/test-servers.sh run swift test")
        }
        guard let location = DatabaseLocation(url: url) else { throw TestFailure("\(variable) is no database's URL") }
        return location
    }

    /// A database of its own name, that is not there yet, with a login of its own.
    public func newLocation() -> DatabaseLocation {
        var location = location
        let name = "test_" + String(UInt64.random(in: 0 ... .max), radix: 36)
        location.name = name
        location.provisioningLogin = location.login
        location.login = Login(name: name, password: Secret("It's \"\(name)\\!"))
        return location
    }

    /// A main database of its own name, that is not there yet, on the provisioning login.
    public func newMainLocation() -> DatabaseLocation {
        var location = location
        location.name = "main_" + String(UInt64.random(in: 0 ... .max), radix: 36)
        return location
    }

    /// Does with a stoppable server what the script does: `stop`, `kill`, `start`, `pause`, `resume`.
    public func control(_ command: String) async throws {
        guard let name else { throw TestFailure("this server is everybody's") }
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "scripts/test-servers.sh").path
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [script, command, name]
        try process.run()
        // The wait blocks a thread of its own, not one of Swift's few.
        await withCheckedContinuation { continuation in
            Thread {
                process.waitUntilExit()
                continuation.resume()
            }.start()
        }
        guard process.terminationStatus == 0 else { throw TestFailure("\(command) \(name) failed") }
    }
}
