import Foundation
import UnifyTesting

/// The file of one user's database, and a copy from when it was sound.
struct DatabaseFile: Sendable {
    /// What SQLite keeps beside a file while it is open.
    private static let beside = ["-wal", "-shm"]

    let path: String
    let copy: String

    /// - Parameter folder: that of the server.
    init(of userID: Int, in folder: String) {
        path = "\(folder)/data/users/0\(userID)/user_\(userID).db"
        copy = "\(folder)/sound-\(userID).db"
    }

    /// While no server has the file open.
    func keepCopy() throws {
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
        }
    }

    /// Puts the copy back as an operator does: the log that lies there belonged to another file.
    func putBack() throws {
        for suffix in Self.beside where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
        if FileManager.default.fileExists(atPath: copy + "-wal") {
            try FileManager.default.copyItem(atPath: copy + "-wal", toPath: path + "-wal")
        }
        try replace(by: copy)
    }

    /// Lets the path name a copy of another file from one moment to the next; nothing beside it is touched.
    func replace(by other: String) throws {
        let next = copy + ".next"
        try FileManager.default.copyItem(atPath: other, toPath: next)
        guard rename(next, path) == 0 else { throw TestFailure("\(path) cannot be replaced") }
    }

    func delete() throws { try FileManager.default.removeItem(atPath: path) }

    func setMode(_ mode: Int) throws {
        guard chmod(path, mode_t(mode)) == 0 else { throw TestFailure("\(path) cannot be given the mode \(mode)") }
    }

    /// Cuts the file off where it is.
    func truncate(to size: UInt64) throws {
        let file = try FileHandle(forUpdating: URL(filePath: path))
        try file.truncate(atOffset: size)
        try file.close()
    }

    /// Writes other bytes over those of the file.
    func overwrite() throws {
        let file = try FileHandle(forUpdating: URL(filePath: path))
        let size = try file.seekToEnd()
        try file.seek(toOffset: 0)
        try file.write(contentsOf: Self.garbage(Int(size)))
        try file.close()
    }

    static func garbage(_ size: Int) -> Data { Data(repeating: 0x58, count: size) }
}
