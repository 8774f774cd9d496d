import Foundation
import Testing
import UnifyTesting

/// An installation with one user, ada, whose faults the doctor finds and whose remedies are followed.
struct DoctorFixture {
    private let installation: TestInstallation
    var environment = TestInstallation.environment
    var folder: TemporaryFolder { installation.folder }
    var data: String { installation.data }
    var database: String { "\(data)/users/01/user_1.db" }

    init() async throws { installation = try await TestInstallation() }

    func create(_ name: String) async throws { try await installation.create(name, environment: environment) }

    func unify(_ arguments: String...) async throws {
        let result = try await UnifyProcess.run(arguments, folder: folder.path, environment: environment, input: nil)
        #expect(result.status == 0, "\(arguments): \(result.errors)")
    }

    /// Does to a database what the program itself never does.
    func execute(_ sql: String, in path: String) throws {
        let script = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.executescript(sys.argv[2]); d.commit()"
        #expect(try ChildProcess.run(["/usr/bin/env", "python3", "-c", script, path, sql]) == 0)
    }

    private struct Report: Decodable {
        struct Finding: Decodable {
            let severity: String
            let code: String
            let remedy: String?
        }

        let findings: [Finding]
    }

    /// What the doctor prints to do about a finding; nil if it does not find it.
    func remedy(of code: String, _ arguments: [String] = []) async throws -> String? {
        let result = try await UnifyProcess.run(
            ["doctor", "--json"] + arguments, folder: folder.path, environment: environment, input: nil)
        let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
        return report.findings.first { $0.code == code && $0.severity != "ok" }?.remedy
    }

    /// Sees a finding, runs the command that is printed for it, and sees the finding gone.
    /// - Parameter command: cuts the command out of the remedy.
    func follow(_ code: String, _ command: (String) -> String = { $0 }) async throws {
        let remedy = try #require(try await remedy(of: code), "\(code) is not found")
        let result = try await UnifyProcess.script(
            command(remedy), folder: folder.path, environment: environment)
        #expect(result.status == 0, "\(remedy): \(result.errors)")
        let left = try await self.remedy(of: code)
        #expect(left == nil, "\(code) is still found")
    }

    /// The same for a remedy that is no command.
    /// - Parameter words: what the remedy says.
    func mended(_ code: String, says words: String, by act: () async throws -> Void) async throws {
        let remedy = try #require(try await remedy(of: code), "\(code) is not found")
        #expect(remedy.contains(words), "\(remedy)")
        try await act()
        let left = try await self.remedy(of: code)
        #expect(left == nil, "\(code) is still found")
    }
}

extension String {
    /// What follows the last occurrence of a text, or all of it.
    func after(_ mark: String) -> String { components(separatedBy: mark).last ?? self }
    /// What comes before the first occurrence of a text, or all of it.
    func before(_ mark: String) -> String { components(separatedBy: mark)[0] }
}
