import Foundation
import Synchronization
import TenancyTesting
import Testing

@testable import Tenancy
@testable import UnifyApp

/// The bounds of docs/limits.md that keep one client, or one who guesses, from taking what is for all: at the bound one
/// is let in, one more is not.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct ThrottleBoundTests {
    private struct Refused: Error {}

    private let time = ManualTimeSource()

    // MARK: Tokens

    @Test func aBucketHoldsItsBurstAndIsRefilled() {
        var buckets = TokenBuckets(.init(burst: 3, refill: .seconds(30)))
        func isTaken(_ key: String, at now: Duration) -> Bool {
            guard buckets.wait(for: key, now: now) == nil else { return false }
            buckets.take(key, now: now)
            return true
        }
        for _ in 1...3 { #expect(isTaken("a", at: .zero)) }
        #expect(buckets.wait(for: "a", now: .zero) == .seconds(30))
        #expect(isTaken("b", at: .zero), "each key has its own")
        #expect(!isTaken("a", at: .milliseconds(29_999)))
        #expect(isTaken("a", at: .seconds(30)))
        #expect(!isTaken("a", at: .seconds(30)))
        buckets.giveBack("a")
        #expect(isTaken("a", at: .seconds(30)))
        for _ in 1...3 { #expect(isTaken("a", at: .seconds(10_000)), "never more than the burst") }
        #expect(!isTaken("a", at: .seconds(10_000)))
    }

    @Test func bucketsRemembered() {
        var buckets = TokenBuckets(.init(burst: 1, refill: .seconds(30)), maxBuckets: 3)
        for key in ["a", "b", "c"] { buckets.take(key, now: .zero) }
        #expect(buckets.wait(for: "a", now: .zero) != nil, "nothing is forgotten; this one was used last now")
        buckets.take("d", now: .zero)
        #expect(buckets.wait(for: "b", now: .zero) == nil, "the one unused for the longest time is forgotten")
        #expect(buckets.wait(for: "a", now: .zero) != nil)
    }

    // MARK: Signing in

    /// The seconds after which a refused try is to be made again; nil for one that was let in and was wrong.
    private func wait(
        _ throttle: SignInThrottle, _ attempt: SignInThrottle.Attempt, outcome: any Error = Problem.invalidCredentials
    ) async -> Int? {
        do {
            try await throttle.counting(attempt) { throw outcome }
            return nil
        } catch let problem as Problem where problem.code == "too_many_tries" {
            return problem.retryAfter ?? -1
        } catch {
            return nil
        }
    }

    @Test func triesForOneAccountFromOneNetwork() async {
        let throttle = SignInThrottle(time: time)
        for _ in 1...10 { #expect(await wait(throttle, .stranger(account: "ada", network: "a")) == nil) }
        #expect(await wait(throttle, .stranger(account: "ada", network: "a")) == 31)
        #expect(await wait(throttle, .stranger(account: "ada", network: "b")) == nil)
        #expect(await wait(throttle, .stranger(account: "bob", network: "a")) == nil)
        time.advance(by: .milliseconds(29_999))
        #expect(await wait(throttle, .stranger(account: "ada", network: "a")) == 1)
        time.advance(by: .milliseconds(1))
        #expect(await wait(throttle, .stranger(account: "ada", network: "a")) == nil)
        #expect(await wait(throttle, .stranger(account: "ada", network: "a")) == 31)
    }

    @Test func onlyAWrongPasswordCostsATry() async throws {
        let throttle = SignInThrottle(time: time)
        let attempt = SignInThrottle.Attempt.stranger(account: "ada", network: "a")
        for outcome: any Error in [
            Problem.unavailable("overloaded", ""), CancellationError(), Problem.suspended, Refused(),
        ] {
            for _ in 1...50 { #expect(await wait(throttle, attempt, outcome: outcome) == nil) }
        }
        for _ in 1...50 { try await throttle.counting(attempt) {} }
        for _ in 1...10 { #expect(await wait(throttle, attempt) == nil) }
        #expect(await wait(throttle, attempt) == 31)
        #expect(await wait(throttle, attempt, outcome: Problem.suspended) == 31, "and then none is let in")
    }

    @Test func triesForOneAccountInAnHour() async {
        let throttle = SignInThrottle(time: time)
        var wrong = 0
        for minute in 0..<60 {
            for number in 1...30 {
                let network = "\(minute) \(number)"
                for attempt in [
                    SignInThrottle.Attempt.stranger(account: "1", network: network),
                    .known(account: "1", network: network), .session(Int64(number), account: 1),
                ] where await wait(throttle, attempt) == nil { wrong += 1 }
            }
            time.advance(by: .seconds(59))
        }
        #expect(wrong <= 100, "ASVS 2.2.1")
        #expect(wrong > 90)
    }

    @Test func strangersUseUpNothingOfTheOwners() async {
        let throttle = SignInThrottle(time: time)
        for number in 1...3000 { _ = await wait(throttle, .stranger(account: "1", network: "\(number)")) }
        #expect(await wait(throttle, .stranger(account: "1", network: "new")) != nil)
        #expect(await wait(throttle, .known(account: "1", network: "home")) == nil)
        #expect(await wait(throttle, .session(1, account: 1)) == nil)
    }

    /// A stolen session uses up its own tries; those of all the account's sessions are bounded, too.
    @Test func triesInTheSessionsOfOneAccount() async {
        let throttle = SignInThrottle(time: time)
        for _ in 1...100 { _ = await wait(throttle, .session(1, account: 1)) }
        for _ in 1...15 { #expect(await wait(throttle, .session(2, account: 1)) == nil) }
        #expect(await wait(throttle, .session(3, account: 1)) == 241)
        #expect(await wait(throttle, .known(account: "1", network: "home")) == nil, "signing in has its own")
        #expect(await wait(throttle, .session(4, account: 2)) == nil)
        time.advance(by: .seconds(240))
        #expect(await wait(throttle, .session(3, account: 1)) == nil)
    }

    @Test func triesFromOneNetworkAndFromAll() async {
        let throttle = SignInThrottle(time: time)
        for number in 1...300 { #expect(await wait(throttle, .stranger(account: "\(number)", network: "a")) == nil) }
        #expect(await wait(throttle, .stranger(account: "other", network: "a")) == 1)
        for number in 301...2000 { _ = await wait(throttle, .stranger(account: "\(number)", network: "\(number)")) }
        #expect(await wait(throttle, .stranger(account: "other", network: "b")) == 1)
        time.advance(by: .milliseconds(20))
        #expect(await wait(throttle, .stranger(account: "other", network: "b")) == nil)
    }

    // MARK: Registering

    private func isRegistered(
        _ throttle: RegistrationThrottle, from address: String, isOnThisMachine: Bool = false,
        outcome: (any Error)? = nil
    ) async -> Bool {
        let client = Client(address: IPAddress(address), userAgent: nil, isOnThisMachine: isOnThisMachine)
        do {
            try await throttle.counting(from: client) { if let outcome { throw outcome } }
            return true
        } catch {
            return (error as? Problem)?.code != "too_many_tries"
        }
    }

    @Test func accountsOfOneNetworkInAnHour() async {
        let throttle = RegistrationThrottle(limits: RegistrationLimits(), sparesThisMachine: true, time: time)
        let refused = Problem.unavailable("overloaded", "")
        for _ in 1...100 { #expect(await isRegistered(throttle, from: "192.0.2.1", outcome: refused)) }
        for number in 1...60 {
            let outcome = number % 2 == 0 ? AccountConflict(field: .email) : nil
            #expect(await isRegistered(throttle, from: "192.0.2.1", outcome: outcome), "a taken name costs one too")
        }
        #expect(await !isRegistered(throttle, from: "192.0.2.1"))
        #expect(await isRegistered(throttle, from: "192.0.2.2"))
        for number in 1...60 { #expect(await isRegistered(throttle, from: "2001:db8::\(number)")) }
        #expect(await !isRegistered(throttle, from: "2001:db8:0:0:ffff::1"), "the /64 counts")
        time.advance(by: .seconds(60))
        #expect(await isRegistered(throttle, from: "192.0.2.1"))
        #expect(await !isRegistered(throttle, from: "192.0.2.1"))
    }

    @Test func accountsOfAllNetworksInAnHour() async {
        var limits = RegistrationLimits()
        limits.overall = 70
        let throttle = RegistrationThrottle(limits: limits, sparesThisMachine: true, time: time)
        for _ in 1...10 { #expect(await isRegistered(throttle, from: "127.0.0.1", isOnThisMachine: true)) }
        #expect(await !isRegistered(throttle, from: "127.0.0.1", isOnThisMachine: true))
        #expect(RegistrationLimits().overall == 36_000)
    }

    @Test func thisMachineIsSparedWhereNothingIsPublic() async {
        for (spares, expected) in [(true, true), (false, false)] {
            let throttle = RegistrationThrottle(limits: RegistrationLimits(), sparesThisMachine: spares, time: time)
            for _ in 1...60 { _ = await isRegistered(throttle, from: "127.0.0.1", isOnThisMachine: true) }
            #expect(await isRegistered(throttle, from: "127.0.0.1", isOnThisMachine: true) == expected)
        }
    }

    @Test func changingRequestsWithoutASession() throws {
        let throttle = AnonymousThrottle(sparesThisMachine: true, time: time)
        let client = Client(address: IPAddress("192.0.2.1"), userAgent: nil)
        for _ in 1...60 { try throttle.take(client) }
        #expect(throws: Problem.self) { try throttle.take(client) }
        try throttle.take(Client(address: IPAddress("192.0.2.2"), userAgent: nil))
        for _ in 1...100 {
            try throttle.take(Client(address: IPAddress("127.0.0.1"), userAgent: nil, isOnThisMachine: true))
        }
        time.advance(by: .milliseconds(100))
        try throttle.take(client)
        #expect(throws: Problem.self) { try throttle.take(client) }
    }

    // MARK: Hashes

    @Test func hashesThatWaitOrRun() async throws {
        let hasher = try PasswordHasher(maxThreads: 1, pepper: .random())
        // Two hundred times the usual work holds up what comes after it, which is no work at all.
        let slow = "$argon2id$v=19$m=19456,t=400,p=1$c29tZXNhbHRzb21lc2FsdA$" + String(repeating: "A", count: 43)
        let executor = InlineExecutor()
        let refused = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<300 {
                group.addTask(executorPreference: executor) {
                    do {
                        _ = try await hasher.verify(
                            Secret("x"), against: number == 0 ? slow : "no hash", in: .init(.stranger))
                        return false
                    } catch {
                        return (error as? Problem)?.code == "overloaded"
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refused == 300 - 256)
        #expect(HashingLines.limits == [.stranger: 256, .known: 256, .session: 256, .registration: 256])
    }

    private final class Order: Sendable {
        let lines = Lock<[HashingLines.Line]>([])
    }

    /// Whoever signs in waits behind one registration, and not behind all that came before.
    @Test func linesTakeTurns() async {
        let lines = HashingLines(parallel: 1)
        let order = Order()
        let executor = InlineExecutor()
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: executor) {
                // None is refused: there are fewer than may wait.
                try? await lines.admit(.init(.registration)) { for await _ in released { break } }
            }
            for line in [HashingLines.Line](repeating: .registration, count: 5) + [
                .stranger, .stranger, .known, .session,
            ] {
                group.addTask(executorPreference: executor) {
                    try? await lines.admit(.init(line)) { order.lines.withLock { $0.append(line) } }
                }
            }
            release.yield()
        }
        let expected: [HashingLines.Line] = [.stranger, .known, .session, .registration, .stranger]
        #expect(order.lines.withLock { $0 } == expected + [HashingLines.Line](repeating: .registration, count: 4))
    }

    /// Forty checks of one account, in nine sessions, take two places of the line, so that another account's is third.
    @Test func oneAskerHasFewPlacesInALine() async {
        let lines = HashingLines(parallel: 1)
        let askers = Askers()
        let executor = InlineExecutor()
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: executor) {
                try? await lines.admit(.init(.registration)) { for await _ in released { break } }
            }
            for number in 0...40 {
                let place = SignInThrottle.Attempt.session(Int64(number % 9), account: number < 40 ? 1 : 2).place
                group.addTask(executorPreference: executor) {
                    await #expect(throws: Never.self) {
                        try await lines.admit(place) { askers.names.withLock { $0.append(place.asker) } }
                    }
                }
            }
            release.yield()
        }
        let names = askers.names.withLock { $0 }
        #expect(names.count == 41)
        #expect(names.firstIndex(of: "2") == 2)
    }

    private final class Askers: Sendable {
        let names = Lock<[String?]>([])
    }

    /// Checks in sessions are apart from sign-ins, and whoever asks has few places in either.
    @Test func whereHashesWait() {
        let known = SignInThrottle.Attempt.known(account: "id 1", network: "a").place
        #expect(known.line == .known && known.asker == "id 1" && known.part == "a")
        let stranger = SignInThrottle.Attempt.stranger(account: "id 1", network: "a").place
        #expect(stranger.line == .stranger && stranger.asker == "a" && stranger.part == "id 1")
        let own = session(3).attempt.place
        #expect(own.line == .session && own.asker == "1" && own.part == "3")
        #expect(SignInThrottle.Attempt.link(network: "a").place.asker == "a")
        #expect(HashingLines.parallelOfOne == 2)
    }

    /// A cancelled task leaves its line at once, and neither its place nor a turn is lost.
    @Test func whoIsCancelledLeavesTheLine() async throws {
        let lines = HashingLines(parallel: 1)
        let line = BoundedLine(refusal: "overloaded") { try await lines.admit(.init(.stranger)) {} }
        try await lines.admit(.init(.stranger)) { try await line.losesNobodysPlace(filledBy: 255) }
        for _ in 1...300 { try await lines.admit(.init(.stranger)) {} }
        try await lines.admit(.init(.registration)) {}
    }

    @Test func memoryAndPassesOfAHash() async throws {
        let hash = try await PasswordHasher(maxThreads: 1, pepper: .random()).hash(
            Secret("x"), in: .init(.registration))
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
        for number in 1...50_000 { cache.keep(session(number), version: CacheVersion()) }
        #expect(cache.find("1").session != nil, "all are kept; this one was used last now")
        cache.keep(session(50_001), version: CacheVersion())
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
        #expect(UserConcurrencyLimiter.maxUsers == 100_000)
        var limits = UserLimits()
        limits.requestsPerSecond = 1
        let throttle = UserConcurrencyLimiter(limits: limits, time: time)
        func isAdmitted(_ number: Int) async -> Bool {
            guard let user = UserID(Int64(number)) else { return false }
            return (try? await throttle.admit(.user(user)) { true }) ?? false
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
