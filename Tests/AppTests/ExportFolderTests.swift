import Foundation
import NIOCore
import TenancyTesting
import Testing

@testable import UnifyApp

/// Copies that are being sent, and those that a killed process left.
@Suite struct ExportFolderTests {
    @Test func whatEndedProcessesLeftIsRemoved() throws {
        let directory = try TemporaryDirectory()
        let folder = ExportFolder(dataDirectory: directory.path)
        folder.removeLeftovers()
        let path = directory.file("exports")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        // No process has so high a number; the first one is always there.
        for name in ["999999999-5.db", "1-5.db", "\(getpid())-5.db", "other"] {
            #expect(FileManager.default.createFile(atPath: "\(path)/\(name)", contents: nil))
        }
        folder.removeLeftovers()
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: path)) == ["1-5.db", "other"])
    }

    @Test func aCopyHasNoNameAndIsReadToItsEnd() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("copy")
        try Data("0123456789".utf8).write(to: URL(fileURLWithPath: path))
        let copy = try ExportFolder(dataDirectory: directory.path).open(path)
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(copy.sizeBytes == 10)
        #expect(String(buffer: try copy.read(at: 0, upTo: 4)) == "0123")
        #expect(String(buffer: try copy.read(at: 8, upTo: 4)) == "89")
        #expect(try copy.read(at: 10, upTo: 4).readableBytes == 0)
    }
}
