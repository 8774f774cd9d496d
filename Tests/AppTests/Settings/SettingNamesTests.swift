import Foundation
import Testing
import UnifyTesting

@testable import UnifyApp

/// The pages that list the settings list all of them, and none that is not there.
@Suite struct SettingNamesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let names = Set(SettingsReader.names.map(\.name))

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test func theExampleHasThemAll() throws {
        let example = try text(".env.example").split(separator: "\n").compactMap { line in
            line.firstMatch(of: #/^#?([A-Z_]+)=/#).map { String($0.1) }
        }
        #expect(Set(example) == Self.names)
        #expect(example.count == Self.names.count)
    }

    /// Uncommented, each line of the example is read.
    @Test func theExampleIsRead() throws {
        let lines = try text(".env.example").split(separator: "\n").map {
            $0.contains(#/^#[A-Z_]+=/#) ? $0.dropFirst() : $0
        }
        for end in ["\n", "\r\n"] {
            let file = DotEnvText(Array(lines.joined(separator: end).utf8))
            #expect(file.faults.isEmpty)
            #expect(file.entries.count == Self.names.count)
        }
    }

    @Test func theTableHasThemAll() throws {
        let rows = try text("docs/configuration.md").matches(of: #/\n\| `([A-Z_]+)` \|/#).map { String($0.1) }
        #expect(Set(rows) == Self.names)
        #expect(rows.count == Self.names.count)
    }

    @Test(arguments: [
        "README.md", "docs/configuration.md", "docs/operations.md", "docs/engines.md", "docs/limits.md",
        "deploy/unify.service",
    ])
    func noPageNamesASettingThatIsNotThere(path: String) throws {
        let passedOver = try Regex("^UNIFY_((.*_)?SERVICE_|PORT_|LINK_)")
        for match in try text(path).matches(of: #/\bUNIFY_[A-Z_]*[A-Z]\b/#) {
            let name = String(match.0)
            #expect(try Self.names.contains(name) || passedOver.prefixMatch(in: name) != nil, "\(name) in \(path)")
        }
    }

    @Test func theConsoleShowsThemAll() async throws {
        let settings = try SettingsReader(environment: [:], file: nil).read(descriptorLimit: 4096)
        #expect(Set(settings.inForce.keys) == Self.names)
    }
}
