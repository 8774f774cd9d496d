import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// What the operating system may do to a running server: slow or failing disks, no descriptors left, a clock that jumps.
@Suite(.tags(.proof), .timeLimit(.minutes(5)), .serialized) struct SystemFaultTests {
    @Test(.enabled(if: Strace.works, "this machine lets nobody trace a process"))
    func aSlowDiskMakesWritersWaitAndNobodyElse() async throws {
        let folder = try TemporaryFolder()
        let (process, client) = try await UnifyProcess.serve(
            folder: folder.path, wrapper: Strace.tampering("fsync,fdatasync", "delay_exit=200000"))
        defer { process.killHard() }
        let (ada, _) = try await client.register("ada")
        let (bob, _) = try await client.register("bob")
        let writing = Task { try await ada.post("/api/tasks", ["title": "slow"]).status }
        let isWritten = Task { _ = try await writing.value }
        var reads = 0
        while try await ada.get("/api/tasks").items.isEmpty {
            #expect(try await bob.get("/api/tasks").status == 200)
            reads += 1
        }
        try await isWritten.value
        #expect(try await writing.value == 201)
        #expect(reads > 2, "reading must not have waited for the disk")
    }

    @Test(.enabled(if: Strace.works, "this machine lets nobody trace a process"))
    func aDiskThatFailsForATimeLosesNothing() async throws {
        let folder = try TemporaryFolder()
        // Counted for each thread by itself: some fail while others still work.
        let (process, client) = try await UnifyProcess.serve(
            folder: folder.path, wrapper: Strace.tampering("fdatasync", "error=EIO:when=6..9"))
        defer { process.killHard() }
        var users: [(name: String, client: TestClient)] = []
        for name in ["ada", "bob"] {
            // As whoever is told to try again does.
            for _ in 0..<50 where users.last?.name != name {
                let answer = try await client.post(
                    "/api/register",
                    ["username": name, "email": "\(name)@example.org", "password": TestClient.password])
                #expect([201, 503].contains(answer.status), "\(answer.text)")
                if let token = answer.json["token"] as? String { users.append((name, client.with(token: token))) }
            }
        }
        try #require(users.count == 2)
        var acknowledged: Set<String> = []
        var (refused, inARow) = (0, 0)
        for number in 0..<2000 where inARow < 100 || refused == 0 {
            for (name, user) in users {
                let answer = try await user.post("/api/tasks", ["title": "\(name)/\(number)"])
                if answer.status == 201 {
                    acknowledged.insert("\(name)/\(number)")
                    inARow += 1
                } else {
                    #expect(answer.status == 503, "\(answer.text)")
                    (refused, inARow) = (refused + 1, 0)
                }
            }
        }
        #expect(refused > 0, "the disk must have failed")
        #expect(inARow >= 100, "and have worked again")
        var found: [String] = []
        for (name, user) in users {
            let titles = try await user.allTitles()
            #expect(titles.allSatisfy { $0.hasPrefix("\(name)/") })
            found += titles
        }
        let lost = acknowledged.subtracting(found)
        #expect(lost == [], "acknowledged writes are lost")
        #expect(Set(found).count == found.count, "a write is there twice")
        Proof.tell(
            "failing disk, sqlite",
            [
                "writes refused": refused, "acknowledged writes looked for": acknowledged.count, "lost": lost.count,
            ])
    }

    @Test func withoutDescriptorsNobodyIsLostAndItRecovers() async throws {
        let folder = try TemporaryFolder()
        let (process, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: ["UNIFY_MAX_CONNECTIONS": "4"])
        defer { process.killHard() }
        var users: [TestClient] = []
        for number in 0..<8 {
            users.append(try await client.register("user\(number)").client)
            #expect(try await users[number].post("/api/tasks", ["title": "mine \(number)"]).status == 201)
        }
        // Connections of clients that are there already: nobody else gets in.
        let connections = try users.map { _ in try RawConnection(port: client.port) }
        func statuses() async throws -> [Int] {
            var statuses: [Int] = []
            for (user, connection) in zip(users, connections) {
                connection.send(
                    "GET /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(user.token ?? "")\r\n\r\n")
                let received = try await connection.receive(answers: 1)
                statuses += received.statuses
                if received.statuses == [200] { #expect(received.text.contains("mine ")) }
            }
            return statuses
        }
        #expect(try await statuses() == Array(repeating: 200, count: 8))
        try process.setDescriptorLimit(10)
        let during = try await statuses()
        #expect(during.contains(503), "\(during)")
        #expect(during.allSatisfy { [200, 503].contains($0) }, "\(during)")
        let newcomer = try RawConnection(port: client.port)
        newcomer.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try process.setDescriptorLimit(4096)
        #expect(try await newcomer.receive(answers: 1).statuses == [200], "who waited is served")
        #expect(try await statuses() == Array(repeating: 200, count: 8))
        #expect(!process.log.contains("database_missing"), "a file that cannot be opened now is not lost")
        Proof.tell("no descriptors left, sqlite", ["requests refused": during.count { $0 == 503 }])
    }

    @Test(.enabled(if: FakeClock.library != nil, "libfaketime is not installed"))
    func aClockThatJumpsLosesNothingAndEndsNoSessionEarly() async throws {
        let folder = try TemporaryFolder()
        let clock = FakeClock(file: "\(folder.path)/clock")
        try clock.set("+0")
        let (process, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: clock.environment, wrapper: FakeClock.wrapper)
        defer { process.killHard() }
        let (ada, _) = try await client.register("ada")
        var written: [String] = []
        for (number, jump) in ["+0", "-400d", "+10d", "-1d", "+13d", "+0"].enumerated() {
            try clock.set(jump)
            let made = try await ada.post("/api/tasks", ["title": "\(number) \(jump)"])
            #expect(made.status == 201, "\(jump): \(made.text)")
            written.append("\(number) \(jump)")
            _ = try await client.register("user-\(number)")
        }
        #expect(try await ada.allTitles() == written)
        // Beyond the life of a session it has ended, and signing in works.
        try clock.set("+15d")
        #expect(try await ada.get("/api/tasks").status == 401)
        let login = try await client.post("/api/login", ["username": "ada", "password": TestClient.password])
        #expect(login.status == 200)
        try clock.set("+0")
        #expect(try await client.with(token: login.json["token"] as? String).allTitles() == written)
        let doctor = try await UnifyProcess.run("doctor", folder: folder.path)
        #expect(doctor.status == 0, "\(doctor.output)")
    }
}

/// A wall clock that reads what a file says; time that has passed is counted as it is.
private struct FakeClock {
    static let library: String? = ["x86_64", "aarch64"]
        .map { "/usr/lib/\($0)-linux-gnu/faketime/libfaketimeMT.so.1" }
        .first { FileManager.default.fileExists(atPath: $0) }

    /// The library makes its memory in the first program and hands it on to the one that this becomes.
    static let wrapper = ["/usr/bin/nice", "-n", "0"]

    let file: String

    var environment: [String: String] {
        [
            "LD_PRELOAD": Self.library ?? "", "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ]
    }

    func set(_ offset: String) throws { try offset.write(toFile: file, atomically: true, encoding: .utf8) }
}
