import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// The bounds of docs/limits.md on free disk, on disks with just so much left.
@Suite(
    .tags(.proof), .timeLimit(.minutes(5)), .serialized,
    .enabled(if: SmallDisk.canBeMounted, "this machine lets nobody mount a small disk for the test"))
struct DiskBoundTests {
    private func newFolder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/data", withIntermediateDirectories: true)
        return folder
    }

    /// 200 MiB, and a page less.
    @Test(arguments: [(204_800, false), (204_796, true)])
    func whatTheDoctorWarnsOf(kibibytes: Int, isFault: Bool) throws {
        let folder = try newFolder()
        let output = "\(folder.path)/doctor.txt"
        let script = """
            mount -t tmpfs -o size=\(kibibytes)k none "$UNIFY_DATA_DIR" && exec "$0" doctor > "$1"
            """
        try ChildProcess.run(
            ["/usr/bin/unshare", "-rm", "/bin/sh", "-c", script, UnifyProcess.programPath, output],
            environment: [
                "UNIFY_DATA_DIR": "\(folder.path)/data", "MULTI_TENANT_MODE": "true", "PATH": "/usr/bin:/bin",
            ])
        // There is no installation on it, which is said too.
        let text = try String(contentsOfFile: output, encoding: .utf8)
        #expect(text.contains("FAULT  disk_nearly_full") == isFault, "\(text)")
        #expect(text.contains("200 MB are free.") == !isFault, "\(text)")
    }

    /// Mounts a disk, and leaves so many bytes free on it as files outside say, first one and then the other.
    private static let script = """
        mount -t tmpfs -o size=150m none "$UNIFY_DATA_DIR" || exit 1
        control=$1
        shift
        (
            cd "$UNIFY_DATA_DIR" || exit
            for step in 1 2; do
                while [ ! -e "$control/leave$step" ]; do sleep 0.05; kill -0 $$ 2>/dev/null || exit; done
                free=$(($(stat -f -c '%a * %S' .)))
                fallocate -l $((free - $(cat "$control/leave$step"))) "filler$step"
                touch "$control/left$step"
            done
        ) >/dev/null 2>&1 </dev/null &
        exec "$@"
        """

    private func leave(_ bytes: Int, step: Int, in folder: TemporaryFolder) async throws {
        try Data("\(bytes)".utf8).write(to: URL(filePath: "\(folder.path)/leave\(step)"), options: .atomic)
        try await eventually("the disk is as full as that") {
            FileManager.default.fileExists(atPath: "\(folder.path)/left\(step)")
        }
    }

    @Test func whatAServerNeedsToBeReady() async throws {
        let folder = try newFolder()
        let (process, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: ["UNIFY_DISK_RESERVE_MB": "0"],
            wrapper: ["/usr/bin/unshare", "-rm", "/bin/sh", "-c", Self.script, "sh", folder.path])
        defer { process.killHard() }
        #expect(try await client.get("/readyz").status == 200)
        try await leave(50 * 1_048_576, step: 1, in: folder)
        #expect(try await client.get("/readyz").status == 200)
        try await leave(50 * 1_048_576 - 4096, step: 2, in: folder)
        let full = try await client.get("/readyz")
        #expect(full.status == 503)
        #expect(full.json["reasons"] as? [String] == ["disk_full"])
    }
}
