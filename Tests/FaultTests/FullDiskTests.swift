import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// A full disk loses nothing: what cannot be stored is refused, what is there can be read, and when there is room again the
/// server works on without a restart.
@Suite(
    .timeLimit(.minutes(5)), .serialized,
    .enabled(if: SmallDisk.canBeMounted, "this machine lets nobody mount a small disk for the test"))
struct FullDiskTests {
    /// Puts the data on a disk of its own that only this process sees, and then fills and empties it as files beside it say.
    private static let script = """
        mount -t tmpfs -o size=100m none "$UNIFY_DATA_DIR" || exit 1
        control=$1
        shift
        (
            while [ ! -e "$control/fill" ]; do sleep 0.05; kill -0 $$ 2>/dev/null || exit; done
            dd if=/dev/zero of="$UNIFY_DATA_DIR/filler" bs=64k 2>/dev/null
            dd if=/dev/zero of="$UNIFY_DATA_DIR/filler2" bs=512 2>/dev/null
            touch "$control/filled"
            while [ ! -e "$control/free" ]; do sleep 0.05; kill -0 $$ 2>/dev/null || exit; done
            rm -f "$UNIFY_DATA_DIR/filler" "$UNIFY_DATA_DIR/filler2"
            touch "$control/freed"
        ) >/dev/null 2>&1 </dev/null &
        exec "$@"
        """

    @Test func nothingIsLostAndTheServerWorksOnWhenThereIsRoomAgain() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/data", withIntermediateDirectories: true)
        let (process, client) = try await UnifyProcess.serve(
            folder: folder.path,
            wrapper: ["/usr/bin/unshare", "-rm", "/bin/sh", "-c", Self.script, "sh", folder.path])
        defer { process.killHard() }
        let (ada, _) = try await client.register("ada")
        let (bob, _) = try await client.register("bob")
        var acknowledged: [String: Set<String>] = ["ada": [], "bob": []]
        func write(_ title: String, _ name: String, _ user: TestClient) async throws -> Int {
            // Large enough to need new pages each time.
            let body = String(repeating: "x", count: 50_000)
            let answer = try await user.post("/api/notes", ["title": title, "body": body])
            if answer.status == 201 { acknowledged[name, default: []].insert(title) }
            return answer.status
        }
        for number in 0..<5 {
            #expect(try await write("before \(number)", "ada", ada) == 201)
            #expect(try await write("before \(number)", "bob", bob) == 201)
        }

        try await tell("fill", "filled", in: folder.path)
        var refused = 0
        for number in 0..<20 {
            let status = try await write("full \(number)", "ada", ada)
            if status != 201 {
                refused += 1
                #expect(status == 503)
            }
        }
        #expect(refused > 0, "the disk must have been full")
        #expect(try await titles(bob).isSuperset(of: acknowledged["bob"] ?? []), "reading goes on")
        let carol = try await client.post(
            "/api/register", ["username": "carol", "email": "carol@example.org", "password": TestClient.password])
        #expect(carol.status == 503)
        #expect(try await client.get("/readyz").status == 503)
        #expect(try await client.get("/healthz").status == 200)

        try await tell("free", "freed", in: folder.path)
        #expect(try await write("after", "ada", ada) == 201)
        #expect(try await write("after", "bob", bob) == 201)
        _ = try await client.register("carol")
        for (name, user) in [("ada", ada), ("bob", bob)] {
            let found = try await titles(user)
            #expect(found == acknowledged[name], "no acknowledged note is lost, and none is there that was refused")
        }
        #expect(try await client.get("/readyz").status == 200)
        Proof.tell(
            "full disk, sqlite",
            [
                "writes refused": refused,
                "acknowledged writes looked for": acknowledged.values.map(\.count).reduce(0, +),
                "lost": 0,
            ])
    }

    private func titles(_ user: TestClient) async throws -> Set<String> {
        let page = try await user.get("/api/notes?limit=200")
        #expect(page.status == 200)
        return Set(page.items.compactMap { $0["title"] as? String })
    }

    /// Writes a file that the process beside the server waits for, and waits for its answer.
    private func tell(_ word: String, _ answer: String, in folder: String) async throws {
        try Data().write(to: URL(filePath: "\(folder)/\(word)"))
        while !FileManager.default.fileExists(atPath: "\(folder)/\(answer)") {
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// A disk of a process of its own.
private enum SmallDisk {
    static let canBeMounted: Bool = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments = ["-rm", "mount", "-t", "tmpfs", "none", "/tmp"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()
}
