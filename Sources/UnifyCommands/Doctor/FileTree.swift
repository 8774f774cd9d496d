internal import Foundation
internal import Tenancy

/// The files in folders, recursively. Symbolic links are followed only at the roots.
struct FileTree {
    struct Entry {
        let path: String
        let status: FileStatus
    }

    private(set) var entries: [Entry] = []
    /// Folders that cannot be listed.
    private(set) var unreadable: [String] = []

    /// - Parameter roots: files and folders; missing ones are left out.
    init(_ roots: [String]) { for root in roots { add(root, FileStatus(root)) } }

    private mutating func add(_ path: String, _ status: FileStatus?) {
        guard let status else { return }
        entries.append(Entry(path: path, status: status))
        guard status.kind == .folder else { return }
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted() {
                add("\(path)/\(name)", FileStatus(ofLink: "\(path)/\(name)"))
            }
        } catch {
            unreadable.append(path)
        }
    }
}
