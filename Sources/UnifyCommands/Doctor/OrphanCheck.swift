internal import Foundation
internal import Tenancy

/// Looks for files of user databases that no config names.
struct OrphanCheck {
    let system: UnifySystem

    func findings() async throws -> [Finding] {
        let files = system.manager.files
        var orphans: [Finding] = []
        for path in try databaseFiles(under: "\(files.directory)/users") {
            let relative = String(path.dropFirst(files.directory.count + 1))
            guard let owner = UserDatabaseFiles.owner(ofRelativePath: relative) else {
                if relative.hasSuffix(".tmp") { orphans.append(leftover(path)) }
                continue
            }
            if try await system.manager.loadUserDatabaseConfig(owner)?.path != relative {
                orphans.append(
                    .fault(
                        "orphan_file", "No config names the file \(path).",
                        remedy: "move it away: mv \(path) \(path).orphan", userID: owner.rawValue))
            }
        }
        return orphans
    }

    private func leftover(_ path: String) -> Finding {
        .fault("leftover_file", "The file \(path) was never finished.", remedy: "rm \(path)")
    }

    private func databaseFiles(under folder: String) throws -> [String] {
        // Without a single user database there is no such folder.
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        return try FileManager.default.subpathsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".db") || $0.hasSuffix(".tmp") }.map { "\(folder)/\($0)" }
    }
}
