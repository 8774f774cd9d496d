import Foundation
import Testing
import UnifyTesting

/// An installation with one user, ada, whose faults the doctor finds and whose remedies are followed.
struct DoctorFixture {
    private let installation: TestInstallation
    var environment = TestInstallation.environment
    /// A program and its arguments, which runs the program given as its last ones in its own place.
    var wrapper: [String] = []
    /// A copy of the program; nil for the one beside the tests.
    var program: String?
    /// Whether what the doctor prints for people is compared with what it prints for programs.
    var comparesText = true
    private var mounts: OwnMounts?
    var folder: TemporaryFolder { installation.folder }
    var data: String { installation.data }
    var main: String { "\(data)/main.db" }
    var database: String { "\(data)/users/01/user_1.db" }

    init() async throws { installation = try await TestInstallation() }

    /// - Parameter folder: with an installation of another kind.
    init(folder: TemporaryFolder) { installation = TestInstallation(folder: folder) }

    /// Has all that follows run among mounts of its own.
    mutating func mount(_ script: String) async throws {
        let mounts = try await OwnMounts(script, folder: folder.path)
        (self.mounts, wrapper) = (mounts, mounts.wrapper)
    }

    func create(_ name: String) async throws { try await installation.create(name, environment: environment) }

    private func run(_ arguments: [String], input: String? = nil) async throws -> UnifyProcess.Result {
        try await UnifyProcess.run(
            arguments, folder: folder.path, environment: environment, input: input, wrapper: wrapper, program: program)
    }

    func unify(_ arguments: String..., input: String? = nil) async throws {
        let result = try await run(arguments, input: input)
        #expect(result.status == 0, "\(arguments): \(result.errors)")
    }

    /// Runs commands of a shell where the doctor runs.
    func shell(_ script: String, input: String? = nil) async throws -> UnifyProcess.Result {
        try await UnifyProcess.script(
            script, folder: folder.path, environment: environment, input: input, wrapper: wrapper, program: program)
    }

    /// Does to a database what the program itself never does.
    func execute(_ sql: String, in path: String) throws {
        let script = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.executescript(sys.argv[2]); d.commit()"
        #expect(try ChildProcess.run(["/usr/bin/env", "python3", "-c", script, path, sql]) == 0)
    }

    /// Puts rows of the main database back that are not as in a copy of it.
    func putBack(_ tables: [String], from copy: String) throws {
        let rows = tables.map { table in
            "REPLACE INTO main.\(table) SELECT * FROM (SELECT * FROM Copy.\(table) EXCEPT SELECT * FROM main.\(table));"
        }
        try execute("ATTACH '\(copy)' AS Copy; \(rows.joined(separator: " "))", in: main)
    }

    struct Finding: Decodable {
        let severity: String
        let code: String
        let remedy: String?
    }

    private struct Report: Decodable { let findings: [Finding] }

    /// The codes that docs/operations.md explains.
    private static let codes: Set<String> = {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/operations.md")
        // Without the page nothing is explained, which fails.
        let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
        return Set(text.matches(of: #/\| `([a-z_]+)` \|/#).map { String($0.1) })
    }()

    /// What the doctor finds wrong, or worth a notice.
    func findings(_ arguments: [String] = []) async throws -> [Finding] {
        let result = try await run(["doctor", "--json"] + arguments)
        let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
        let found = report.findings.filter { $0.severity != "ok" }
        for finding in found {
            #expect(Self.codes.contains(finding.code), "docs/operations.md does not explain \(finding.code)")
            #expect(finding.remedy?.isEmpty == false, "\(finding.code) has no remedy")
        }
        return found
    }

    /// What the doctor prints to do about a finding; nil if it does not find it.
    func remedy(of code: String, _ arguments: [String] = []) async throws -> String? {
        guard let remedy = try await findings(arguments).first(where: { $0.code == code })?.remedy else { return nil }
        guard comparesText else { return remedy }
        let text = try await run(["doctor"] + arguments).output
        #expect(text.contains(" \(code): ") && text.contains("\n       to mend it: \(remedy)\n"), "\(text)")
        return remedy
    }

    /// Sees a finding, runs the command that is printed for it, and sees the finding gone and nothing else broken.
    /// - Parameters:
    ///   - rest: faults that the remedy leaves, each with its own.
    ///   - command: cuts the command out of the remedy.
    func follow(
        _ code: String, leaving rest: Set<String> = [], _ command: (String) -> String = { $0 }
    ) async throws {
        let remedy = try #require(try await remedy(of: code), "\(code) is not found")
        let result = try await shell(command(remedy))
        #expect(result.status == 0, "\(remedy): \(result.errors)")
        try await expectGone(code, leaving: rest)
    }

    /// The same for a remedy that is no command.
    /// - Parameter words: what the remedy says.
    func mended(
        _ code: String, says words: String, leaving rest: Set<String> = [], by act: () async throws -> Void
    ) async throws {
        let remedy = try #require(try await remedy(of: code), "\(code) is not found")
        #expect(remedy.contains(words), "\(remedy)")
        try await act()
        try await expectGone(code, leaving: rest)
    }

    /// The same for a remedy that changes settings, or how the program is run.
    mutating func mended(
        _ code: String, says words: String, setting changes: [String: String?] = [:], wrapper: [String]? = nil
    ) async throws {
        let remedy = try #require(try await remedy(of: code), "\(code) is not found")
        #expect(remedy.contains(words), "\(remedy)")
        for (name, value) in changes { environment[name] = value }
        if let wrapper { self.wrapper = wrapper }
        try await expectGone(code, leaving: [])
    }

    private func expectGone(_ code: String, leaving rest: Set<String>) async throws {
        let found = try await findings()
        #expect(!found.contains { $0.code == code }, "\(code) is still found")
        let faults = Set(found.filter { $0.severity == "fault" }.map(\.code))
        #expect(faults.isSubset(of: rest), "after \(code): \(faults)")
    }
}

extension String {
    /// What follows the last occurrence of a text, or all of it.
    func after(_ mark: String) -> String { components(separatedBy: mark).last ?? self }
    /// What comes before the first occurrence of a text, or all of it.
    func before(_ mark: String) -> String { components(separatedBy: mark)[0] }
}
