import Foundation
import TenancyTesting
import Testing

@testable import Tenancy

@Suite("TombstoneFile")
struct TombstoneFileTests {
    private let directory: TemporaryDirectory
    private let file: TombstoneFile

    init() throws {
        directory = try TemporaryDirectory()
        file = TombstoneFile(dataDirectory: directory.path)
    }

    private func entry(_ number: Int64) throws -> TombstoneFile.Entry {
        TombstoneFile.Entry(
            userID: try #require(UserID(number)), createdAt: Timestamp(milliseconds: number * 1000),
            removedAt: Timestamp(milliseconds: number * 2000))
    }

    @Test func whatWasAddedIsRead() async throws {
        #expect(try await file.entries() == [])
        for number in 1...3 { try await file.append(try entry(Int64(number))) }
        #expect(try await file.entries() == [try entry(1), try entry(2), try entry(3)])
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func aLineThatWasNotFinishedTakesNoOtherAlong() async throws {
        try await file.append(try entry(1))
        let handle = try FileHandle(forWritingTo: URL(filePath: file.path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("2 1970-01-01T00:00:0".utf8))
        try handle.close()
        try await file.append(try entry(3))
        #expect(try await file.entries() == [try entry(1), try entry(3)])
    }

    @Test func aFileThatCannotBeWrittenIsAnError() async throws {
        try FileManager.default.createDirectory(atPath: file.path, withIntermediateDirectories: true)
        await #expect(throws: TenancyError.self) { try await file.append(try entry(1)) }
    }

    /// The server's user can put anything under the name, and root runs the command.
    @Test(arguments: FileTrap.allCases)
    func whatTheNameLeadsToIsNotTouched(_ trap: FileTrap) async throws {
        let victim = try trap.set(at: file.path, in: directory.path)
        await #expect(throws: TenancyError.self) { try await file.append(try entry(1)) }
        #expect(try FileTrap.isUntouched(victim))
    }
}
