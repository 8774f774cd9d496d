import Foundation
import TenancyTesting
import Testing

@testable import Tenancy
@testable import UnifyApp

/// The bounds of docs/limits.md that keep one client, or one who guesses, from taking what is for all: at the bound one
/// is let in, one more is not.
@Suite(.timeLimit(.minutes(5))) struct ThrottleBoundTests {
    private struct Refused: Error {}

    private let time = ManualTimeSource()

    // MARK: Signing in

    /// The seconds after which a refused try is to be made again; nil for one that was let in.
    private func wait(_ throttle: SignInThrottle, _ username: String, from address: String) -> Int? {
        do {
            try throttle.take(username: username, address: address)
            return nil
        } catch {
            return (error as? Problem)?.retryAfter ?? -1
        }
    }

    @Test func triesForOneNameFromOneAddress() {
        let throttle = SignInThrottle(time: time)
        for _ in 1...10 { #expect(wait(throttle, "ada", from: "a") == nil) }
        #expect(wait(throttle, "ada", from: "a") == 31)
        #expect(wait(throttle, "ADA", from: "a") == 31, "it is the same name")
        #expect(wait(throttle, "ada", from: "b") == nil)
        #expect(wait(throttle, "bob", from: "a") == nil)
        time.advance(by: .milliseconds(29_999))
        #expect(wait(throttle, "ada", from: "a") == 1)
        time.advance(by: .milliseconds(1))
        #expect(wait(throttle, "ada", from: "a") == nil)
        #expect(wait(throttle, "ada", from: "a") == 31)
        throttle.giveBack(username: "ada", address: "a")
        #expect(wait(throttle, "ada", from: "a") == nil, "a right password gives its try back")
    }

    @Test func triesForOneNameFromAnywhere() {
        let throttle = SignInThrottle(time: time)
        for number in 1...100 { #expect(wait(throttle, "ada", from: "a\(number)") == nil) }
        #expect(wait(throttle, "ada", from: "elsewhere") == 11)
        time.advance(by: .milliseconds(9_999))
        #expect(wait(throttle, "ada", from: "elsewhere") == 1)
        time.advance(by: .milliseconds(1))
        #expect(wait(throttle, "ada", from: "elsewhere") == nil)
        #expect(wait(throttle, "ada", from: "elsewhere") == 11)
    }

    @Test func triesFromOneAddress() {
        let throttle = SignInThrottle(time: time)
        for number in 1...300 { #expect(wait(throttle, "n\(number)", from: "a") == nil) }
        #expect(wait(throttle, "other", from: "a") == 1)
        time.advance(by: .milliseconds(199))
        #expect(wait(throttle, "other", from: "a") == 1)
        time.advance(by: .milliseconds(1))
        #expect(wait(throttle, "other", from: "a") == nil)
        #expect(wait(throttle, "another", from: "a") == 1)
    }

    @Test func bucketsRemembered() {
        #expect(SignInThrottle.maxBuckets == 100_000)
        let throttle = SignInThrottle(time: time)
        for name in ["ada", "bob"] {
            for _ in 1...10 { #expect(wait(throttle, name, from: name) == nil) }
        }
        // Six buckets by now; three more for each of these: 99,999.
        for number in 1...33_331 { _ = wait(throttle, "n\(number)", from: "a\(number)") }
        #expect(wait(throttle, "ada", from: "ada") != nil, "nothing is forgotten")
        // Two too many: what was unused for the longest time are Bob's.
        _ = wait(throttle, "last", from: "last")
        #expect(wait(throttle, "bob", from: "bob") == nil)
        #expect(wait(throttle, "ada", from: "ada") != nil)
    }

    // MARK: Hashes

    /// Runs each part of a task where it is made ready, so that a new task has come to its first wait when `addTask`
    /// returns.
    private final class InlineExecutor: TaskExecutor {
        func enqueue(_ job: consuming ExecutorJob) {
            UnownedJob(job).runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    @Test func hashesThatWaitOrRun() async throws {
        let hasher = try PasswordHasher(maxThreads: 1, pepper: .random())
        // Two hundred times the usual work holds up what comes after it, which is no work at all.
        let slow = "$argon2id$v=19$m=19456,t=400,p=1$c29tZXNhbHRzb21lc2FsdA$" + String(repeating: "A", count: 43)
        let executor = InlineExecutor()
        let refused = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<300 {
                group.addTask(executorPreference: executor) {
                    do {
                        _ = try await hasher.verify(Secret("x"), against: number == 0 ? slow : "no hash")
                        return false
                    } catch {
                        return (error as? Problem)?.code == "overloaded"
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refused == 300 - 256)
        #expect(PasswordHasher.maxWaiting == 256)
    }

    @Test func memoryAndPassesOfAHash() async throws {
        let hash = try await PasswordHasher(maxThreads: 1, pepper: .random()).hash(Secret("x"))
        // 19 MiB in KiB, two passes, one lane.
        #expect(PepperedHash(text: hash).argon.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
    }

    @Test func theGateLetsInAsManyAsItMay() async throws {
        let gate = AdmissionGate(limit: 2, refusal: .unavailable("overloaded", "Try again."))
        try await gate.admit {
            try await gate.admit {
                let problem = await #expect(throws: Problem.self) { try await gate.admit {} }
                #expect(problem?.code == "overloaded")
                #expect(problem?.retryAfter == 5)
            }
            try await gate.admit {}
        }
        // Who fails gives the place back too.
        for _ in 1...5 { await #expect(throws: Refused.self) { try await gate.admit { throw Refused() } } }
        try await gate.admit {}
    }

    // MARK: Sessions

    private func session(_ number: Int) -> SignedInSession {
        let user = UserAccount(
            id: 1, username: "ada", email: "ada@example.org", isAdmin: false, isActive: true, deletedAt: nil,
            createdAt: Timestamp(milliseconds: 0))
        return SignedInSession(
            id: Int64(number), tokenHash: "\(number)", user: user, createdAt: Timestamp(milliseconds: 0),
            expiresAt: Timestamp(milliseconds: 0))
    }

    @Test func sessionsKeptInMemory() {
        let cache = SessionCache()
        for number in 1...50_000 { cache.keep(session(number), version: 0) }
        #expect(cache.find("1").session != nil, "all are kept; this one was used last now")
        cache.keep(session(50_001), version: 0)
        #expect(cache.find("1").session != nil)
        #expect(cache.find("2").session == nil, "the one unused for the longest time is read again")
        #expect(cache.find("3").session != nil)
        #expect(cache.find("50001").session != nil)
    }

    // MARK: Users

    @Test func whatOneUserMayTakeByDefault() {
        let limits = UserLimits()
        #expect(limits.parallelRequests == max(2, ProcessInfo.processInfo.activeProcessorCount / 2))
        #expect(limits.concurrentRequests == 64)
        #expect(limits.requestsPerSecond == nil)
        #expect(limits.maxDatabaseBytes == Int64(1024 * 1_048_576))
    }

    @Test func theWarningBeforeADatabaseIsFull() {
        var limits = UserLimits()
        limits.maxDatabaseBytes = 1000
        #expect(!limits.isNearlyFull(799))
        #expect(limits.isNearlyFull(800))
        #expect(!limits.isNearlyFull(nil))
        limits.maxDatabaseBytes = nil
        #expect(!limits.isNearlyFull(.max))
    }

    @Test func usersWhoseRequestsAreCounted() async {
        #expect(UserThrottle.maxUsers == 100_000)
        var limits = UserLimits()
        limits.requestsPerSecond = 1
        let throttle = UserThrottle(limits: limits, time: time)
        func isAdmitted(_ number: Int) async -> Bool {
            guard let user = UserID(Int64(number)) else { return false }
            return (try? await throttle.admit(user) { true }) ?? false
        }
        for number in [1, 1, 2, 2] { #expect(await isAdmitted(number)) }
        for number in 3...100_000 { _ = await isAdmitted(number) }
        #expect(await !isAdmitted(1), "nobody is forgotten; this one was seen last now")
        #expect(await isAdmitted(100_001))
        #expect(await isAdmitted(2), "the one idle for the longest time is forgotten")
        #expect(await !isAdmitted(1))
    }

    // MARK: Connections of clients

    @Test func connectionsAtTheBoundAreNotAccepted() {
        let connections = ClientConnections(limit: 32)
        var delegate = ClientConnections.Delegate(connections: connections)
        for _ in 1...31 { delegate.connectionOpened() }
        #expect(delegate.isAcceptingNewConnections())
        delegate.connectionOpened()
        #expect(!delegate.isAcceptingNewConnections())
        delegate.connectionClosed()
        #expect(delegate.isAcceptingNewConnections())
        connections.stopAccepting()
        #expect(!delegate.isAcceptingNewConnections())
    }
}
