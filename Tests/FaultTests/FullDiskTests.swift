import TenancyTesting
import Testing
import UnifyTesting

/// A full disk loses nothing: what cannot be stored is refused, what is there can be read, and when there is room again the
/// server works on without a restart.
@Suite(
    .tags(.proof), .timeLimit(.minutes(5)), .serialized,
    .enabled(if: SmallDisk.canBeMounted, "this machine lets nobody mount a small disk for the test"))
struct FullDiskTests {
    @Test func nothingIsLostAndTheServerWorksOnWhenThereIsRoomAgain() async throws {
        let disk = try await SmallDisk.serve()
        defer { disk.process.killHard() }
        let client = disk.client
        let ada = Writer(client: try await client.register("ada").client)
        let bob = Writer(client: try await client.register("bob").client)
        for number in 0..<5 {
            #expect(try await ada.write("before \(number)") == 201)
            #expect(try await bob.write("before \(number)") == 201)
        }

        try await disk.change(.fill)
        var refused = 0
        for number in 0..<20 {
            let status = try await ada.write("full \(number)")
            if status != 201 {
                refused += 1
                #expect(status == 503)
            }
        }
        #expect(refused > 0, "the disk must have been full")
        #expect(try await bob.lostTitles() == [], "reading goes on")
        let carol = try await client.post(
            "/api/register", ["username": "carol", "email": "carol@example.org", "password": TestClient.password])
        #expect(carol.status == 503)
        #expect(try await client.get("/readyz").status == 503)
        #expect(try await client.get("/healthz").status == 200)

        try await disk.change(.free)
        #expect(try await ada.write("after") == 201)
        #expect(try await bob.write("after") == 201)
        _ = try await client.register("carol")
        #expect(try await client.get("/readyz").status == 200)
        try await tell([ada, bob], refused: refused)
    }

    /// The log takes the last room, and cannot be folded into the file, which would have to grow.
    @Test func whatIsInALogThatGrewIntoTheLastRoomIsKept() async throws {
        // Two connections for three users: others' requests close the first one's.
        let disk = try await SmallDisk.serve(environment: ["UNIFY_MAX_CONNECTIONS": "2"])
        defer { disk.process.killHard() }
        let ada = Writer(client: try await disk.client.register("ada").client)
        var others: [TestClient] = []
        for name in ["bob", "carol"] { others.append(try await disk.client.register(name).client) }
        for number in 0..<5 { #expect(try await ada.write("before \(number)") == 201) }
        try await disk.change(.fill)
        _ = try await writeUntilRefused("full", ada)
        let before = await ada.acknowledged.count

        try await disk.change(.loosen)
        let refused = try await writeUntilRefused("loose", ada)
        #expect(await ada.acknowledged.count > before + 10, "there was some room")
        #expect(refused > 0, "and then none")
        #expect(try await ada.lostTitles() == [], "reading goes on")
        #expect(disk.hasFile("-wal"), "what was written last is in the log")

        try await disk.change(.free)
        #expect(try await ada.write("after") == 201)
        for _ in 0..<20 where disk.hasFile("-wal") {
            for other in others { #expect(try await other.get("/api/notes").status == 200) }
        }
        #expect(!disk.hasFile("-wal"), "it is folded into the file when the connection closes")
        #expect(disk.hasFile(""), "and the file is there to be seen")
        try await tell([ada], refused: refused)
    }

    /// Writes until five notes in a row were refused.
    /// - Returns: how many were refused altogether.
    private func writeUntilRefused(_ word: String, _ writer: Writer) async throws -> Int {
        var (refused, inARow) = (0, 0)
        for number in 0..<1000 where inARow < 5 {
            let status = try await writer.write("\(word) \(number)")
            if status == 201 {
                inARow = 0
            } else {
                #expect(status == 503)
                (refused, inARow) = (refused + 1, inARow + 1)
            }
        }
        #expect(inARow == 5, "the disk must have been full in the end")
        return refused
    }

    /// Looks for everything that was acknowledged, and tells the report of it.
    private func tell(_ writers: [Writer], refused: Int) async throws {
        var (count, lost, others) = (0, 0, 0)
        for writer in writers {
            count += await writer.acknowledged.count
            lost += try await writer.lostTitles().count
            others += try await writer.unknownTitles().count
        }
        #expect(lost == 0, "acknowledged notes are lost")
        #expect(others == 0, "notes are there that were refused")
        Proof.tell(
            "full disk, sqlite",
            ["writes refused": refused, "acknowledged writes looked for": count, "lost": lost])
    }
}

/// A user who writes notes, and knows which of them were acknowledged.
private struct Writer: Sendable {
    let client: TestClient
    let acknowledged = Acknowledged()

    /// Writes a note that is large enough to need new pages each time.
    /// - Returns: the answer's status.
    func write(_ title: String) async throws -> Int {
        let body = String(repeating: "x", count: 50_000)
        let answer = try await client.post("/api/notes", ["title": title, "body": body])
        if answer.status == 201 { await acknowledged.add(title) }
        return answer.status
    }

    func lostTitles() async throws -> Set<String> {
        let found = try await titles()
        return await acknowledged.all.subtracting(found)
    }

    func unknownTitles() async throws -> Set<String> {
        let found = try await titles()
        return await found.subtracting(acknowledged.all)
    }

    /// The titles of all notes, page by page.
    private func titles() async throws -> Set<String> {
        var titles: Set<String> = []
        var cursor: String?
        repeat {
            let page = try await client.get("/api/notes?limit=50" + (cursor.map { "&cursor=\($0)" } ?? ""))
            #expect(page.status == 200)
            titles.formUnion(page.items.compactMap { $0["title"] as? String })
            cursor = page.json["next_cursor"] as? String
        } while cursor != nil
        return titles
    }
}
