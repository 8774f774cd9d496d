internal import Foundation
internal import Synchronization

/// Collects SQL statements in a file, each once, one JSON string a line.
final class StatementCollector: Sendable {
    private let known = Mutex<Set<String>>([])
    private let file: FileHandle

    /// Adds to a file that is there.
    init(path: String) throws {
        if !FileManager.default.fileExists(atPath: path) { FileManager.default.createFile(atPath: path, contents: nil) }
        guard let file = FileHandle(forWritingAtPath: path) else { throw TestFailure("\(path) cannot be written") }
        self.file = file
    }

    func collect(_ sql: String) {
        known.withLock { known in
            // A string can always be encoded.
            guard known.insert(sql).inserted, let line = try? JSONEncoder().encode(sql) else { return }
            file.seekToEndOfFile()
            file.write(line + Data("\n".utf8))
        }
    }
}
