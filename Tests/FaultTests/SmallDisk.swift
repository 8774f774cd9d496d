import Foundation
import TenancyTesting
import UnifyTesting

/// A server whose data is on a small disk of its own, which only its process sees.
struct SmallDisk: Sendable {
    /// What a test can have done to the disk.
    enum Change: String {
        /// Leaves no room but what ``loosen`` gives back: 5 MB.
        case fill
        case loosen
        /// Gives all of it back.
        case free
    }

    static var canBeMounted: Bool { OwnMounts.areAllowed }

    /// Mounts the disk, and changes it as files outside say for as long as the server runs.
    private static let script = """
        mount -t tmpfs -o size=100m none "$UNIFY_DATA_DIR" || exit 1
        control=$1
        shift
        (
            cd "$UNIFY_DATA_DIR" || exit
            while kill -0 $$ 2>/dev/null; do
                for word in fill loosen free; do
                    [ -e "$control/$word" ] || continue
                    case $word in
                    fill)
                        dd if=/dev/zero of=room bs=64k count=80 2>/dev/null
                        dd if=/dev/zero of=filler bs=64k 2>/dev/null
                        dd if=/dev/zero of=filler2 bs=512 2>/dev/null
                        ;;
                    loosen) rm -f room ;;
                    free) rm -f room filler filler2 ;;
                    esac
                    mv "$control/$word" "$control/$word.done"
                done
                sleep 0.05
            done
        ) >/dev/null 2>&1 </dev/null &
        exec "$@"
        """

    let folder: TemporaryFolder
    let process: UnifyProcess
    let client: TestClient

    static func serve(environment: [String: String] = [:]) async throws -> SmallDisk {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/data", withIntermediateDirectories: true)
        let (process, client) = try await UnifyProcess.serve(
            // What a full disk does is looked at here, and not what keeps it from getting so full.
            folder: folder.path, environment: ["UNIFY_DISK_RESERVE_MB": "0"].merging(environment) { $1 },
            wrapper: ["/usr/bin/unshare", "-rm", "/bin/sh", "-c", script, "sh", folder.path])
        return SmallDisk(folder: folder, process: process, client: client)
    }

    /// Has the disk changed, and returns when it is.
    func change(_ change: Change) async throws {
        let order = "\(folder.path)/\(change.rawValue)"
        try Data().write(to: URL(filePath: order))
        try await eventually("the disk is changed", within: .seconds(60)) {
            FileManager.default.fileExists(atPath: "\(order).done")
        }
        try FileManager.default.removeItem(atPath: "\(order).done")
    }

    /// Whether a file of the first user is on the disk.
    /// - Parameter suffix: what stands after the name of the database's file.
    func hasFile(_ suffix: String) -> Bool {
        let path = "\(folder.path)/data/users/01/user_1.db\(suffix)"
        return FileManager.default.fileExists(atPath: process.ownView(of: path))
    }
}
