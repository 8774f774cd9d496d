import Foundation

extension FileManager {
    /// Copies a database that nobody has open, with what lies beside it, over what is there.
    func copyDatabase(from: String, to: String) throws {
        for suffix in ["", "-wal", "-shm"] {
            // Not there where the database was closed cleanly.
            try? removeItem(atPath: to + suffix)
            guard fileExists(atPath: from + suffix) else { continue }
            try copyItem(atPath: from + suffix, toPath: to + suffix)
        }
    }
}
