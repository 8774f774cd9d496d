internal import Foundation
internal import Tenancy
import Testing

@Suite("RootKeyFile")
final class RootKeyFileTests {
    private let folder = NSTemporaryDirectory() + "unify-root-key-\(UUID().uuidString)"
    private var path: String { folder + "/keys/root.key" }
    private var file: RootKeyFile { RootKeyFile(path: path) }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func mode(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private func write(_ text: String, mode: Int = 0o600) throws {
        try FileManager.default.createDirectory(atPath: folder + "/keys", withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func codeOfReading() -> TenancyError.Code? {
        do {
            _ = try file.read()
            return nil
        } catch {
            return (error as? TenancyError)?.code
        }
    }

    @Test func createdKeyReadsBackAndIsForItsOwnerOnly() throws {
        #expect(!file.exists)
        let key = try #require(try file.create())
        #expect(file.exists)
        #expect(try file.read()[0].unsafeBase64() == key.unsafeBase64())
        #expect(try file.read()[0].id == key.id)
        #expect(try mode(of: path) == 0o600)
        #expect(try mode(of: folder + "/keys") == 0o700)
    }

    @Test(.timeLimit(.minutes(1))) func aPipeIsNotWaitedFor() throws {
        try FileManager.default.createDirectory(atPath: folder + "/keys", withIntermediateDirectories: true)
        try #require(mkfifo(path, 0o600) == 0)
        #expect(codeOfReading() == .keyMissing)
    }

    @Test func neverReplacesAKey() throws {
        let key = try #require(try file.create())
        #expect(try file.create() == nil)
        #expect(try file.read()[0].id == key.id)
    }

    @Test func ofManyWhoMakeTheFirstKeyOneDoes() async throws {
        let file = file
        let made = try await withThrowingTaskGroup(of: RootKey?.self) { group in
            for _ in 0..<8 { group.addTask { try file.create() } }
            return try await group.reduce(into: [RootKey]()) { made, key in if let key { made.append(key) } }
        }
        #expect(made.count == 1)
        #expect(try file.read().map(\.id) == made.map(\.id))
        #expect(try names() == ["root.key"])
    }

    /// Each sees what the one before has written, so that none is lost.
    @Test func ofManyWhoAddAKeyAllAreThere() async throws {
        let (file, first) = (file, try #require(try file.create()))
        let added = try await withThrowingTaskGroup(of: RootKey.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let key = RootKey.random()
                    try file.update { [key] + $0 }
                    return key
                }
            }
            return try await group.reduce(into: [RootKey]()) { $0.append($1) }
        }
        #expect(Set(try file.read().map(\.id)) == Set((added + [first]).map(\.id)))
        #expect(try names() == ["root.key"])
        #expect(try mode(of: path) == 0o600)
    }

    @Test func whatAStoppedProcessLeftIsRemoved() throws {
        try file.create()
        try "half".write(toFile: path + ".new-1-2", atomically: false, encoding: .utf8)
        try file.update { $0 + [.random()] }
        #expect(try names() == ["root.key"])
        #expect(try file.read().count == 2)
        try file.update { _ in nil }
        #expect(try file.read().count == 2, "nothing to change")
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder + "/keys").sorted()
    }

    @Test func missingFileIsAMissingKey() { #expect(codeOfReading() == .keyMissing) }

    @Test(arguments: [0o640, 0o604, 0o644, 0o660, 0o610, 0o601])
    func refusesAFileThatOthersMayUse(mode: Int) throws {
        try write(RootKey.random().unsafeBase64(), mode: mode)
        #expect(codeOfReading() == .keyWrong)
    }

    @Test(arguments: [0o600, 0o400])
    func takesAFileOfItsOwnerOnly(mode: Int) throws {
        try write(RootKey.random().unsafeBase64(), mode: mode)
        #expect(codeOfReading() == nil)
    }

    @Test(arguments: ["", "\n", "not base64!", "AAAA", String(repeating: "A", count: 44)])
    func refusesWhatIsNoKey(text: String) throws {
        try write(text)
        #expect(codeOfReading() == .keyWrong)
    }

    @Test func takesWhiteSpaceAroundTheKey() throws {
        let key = RootKey.random()
        try write(" \(key.unsafeBase64())\r\n\n")
        #expect(try file.read()[0].id == key.id)
    }

    @Test func messagesHoldNothingOfTheKey() throws {
        let text = RootKey.random().unsafeBase64()
        try write(text, mode: 0o644)
        let error = #expect(throws: TenancyError.self) { try file.read() }
        #expect(error.map { !"\($0)".contains(text) } == true)
    }
}
