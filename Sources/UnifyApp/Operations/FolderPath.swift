internal import Foundation
internal import Tenancy

/// A folder named by a setting, which may not exist yet.
enum FolderPath {
    /// Its absolute path, with the symbolic links of its existing part resolved. Creates nothing.
    /// - Throws: ``TenancyError`` `invalidConfiguration` if it is not a folder or is inaccessible.
    static func absolute(_ path: String) throws -> String {
        var missing: [String] = []
        var existing = (path as NSString).isAbsolutePath ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
        while true {
            if let real = realpath(existing, nil) {
                defer { free(real) }
                return try joined(String(cString: real), missing.reversed(), of: path)
            }
            let number = errno
            guard number == ENOENT, FileStatus(ofLink: existing) == nil, existing != "/" else {
                throw refusal(of: path, "cannot be reached: \(String(cString: strerror(number)))")
            }
            missing.append((existing as NSString).lastPathComponent)
            existing = (existing as NSString).deletingLastPathComponent
        }
    }

    /// Makes the folder and those above it, for their owner alone, if they are missing.
    /// - Throws: ``TenancyError`` `invalidConfiguration`.
    static func make(_ path: String) throws {
        guard OwnedFolder.make(path) else {
            throw refusal(of: path, "cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    private static func joined(_ real: String, _ missing: [String], of path: String) throws -> String {
        guard FileStatus(real)?.kind == .folder else {
            throw refusal(of: path, missing.isEmpty ? "is not a folder" : "cannot be made: \(real) is not a folder")
        }
        guard !missing.contains("..") else { throw refusal(of: path, "goes up from a folder that is not there") }
        let parts = missing.filter { $0 != "." && !$0.isEmpty }
        return parts.isEmpty ? real : (real == "/" ? "" : real) + "/" + parts.joined(separator: "/")
    }

    private static func refusal(of path: String, _ what: String) -> TenancyError {
        TenancyError(.invalidConfiguration, "The folder \(path) \(what).")
    }
}
