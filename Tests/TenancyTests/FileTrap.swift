import Foundation
import Testing

/// What the owner of a folder may put in the place of a file, so that root touches another one, or waits for ever.
enum FileTrap: CaseIterable {
    case symbolicLink, danglingLink, hardLink, pipe

    private static let text = "root:secret"

    /// - Returns: the file that must stay as it is.
    func set(at path: String, in folder: String) throws -> String {
        let victim = "\(folder)/victim"
        if self != .danglingLink { try Self.text.write(toFile: victim, atomically: false, encoding: .utf8) }
        let result =
            switch self {
            case .symbolicLink, .danglingLink: symlink(victim, path)
            case .hardLink: link(victim, path)
            case .pipe: mkfifo(path, 0o600)
            }
        try #require(result == 0)
        return victim
    }

    /// - Returns: whether the file holds what it held, or still is not there.
    static func isUntouched(_ victim: String) throws -> Bool {
        guard FileManager.default.fileExists(atPath: victim) else { return true }
        return try String(contentsOfFile: victim, encoding: .utf8) == text
    }
}
