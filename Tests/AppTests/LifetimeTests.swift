import Logging
import SQLiteEngine
import TenancyTesting
import Testing

@testable import Tenancy
@testable import UnifyApp

/// What ends after a time: it is there to the last millisecond, and then it is not.
@Suite(.timeLimit(.minutes(2))) struct LifetimeTests {
    /// An application in single-database mode whose clocks stand still.
    private struct Application {
        let time: ManualTimeSource
        let manager: MultiTenantDatabaseManager
        let hasher: PasswordHasher
        let logger: Logger

        /// A new one has nothing in memory.
        func makeAccounts() -> Accounts {
            Accounts(manager: manager, isMultiTenant: false, hasher: hasher, time: time, logger: logger)
        }

        func texts(_ column: String, of table: String) async throws -> [String] {
            try await manager.main.withDatabase(.read) {
                try await $0.fetchAll("SELECT \(column) FROM \(table) ORDER BY 1").map { try $0.text(column) }
            }
        }
    }

    private func withApplication(_ body: (Application) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let time = ManualTimeSource()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let main = try await MainDatabase.open(
            SQLiteEngine(), at: .file(directory.file("main.db")), schema: AppSchema.mainDatabase, time: time)
        var options = MultiTenantDatabaseManager.Options()
        options.beforeDeletingUser = AppSchema.erase
        let keyRing = KeyRing(current: .random())
        try await KeyCheck(main).verify(keyRing)
        let manager = MultiTenantDatabaseManager(
            main: main, engines: EngineRegistry([SQLiteEngine()]), schema: AppSchema.userDatabase,
            dataDirectory: directory.path, keyRing: keyRing, options: options, logger: logger)
        let application = Application(
            time: time, manager: manager, hasher: try PasswordHasher(maxThreads: 1, pepper: .random()), logger: logger)
        try await body(application)
        await manager.shutDown()
        await main.close()
        withExtendedLifetime(directory) {}
    }

    private func new(_ name: String, isAdmin: Bool = false) -> Accounts.NewUser {
        Accounts.NewUser(
            username: name, email: "\(name)@example.org", password: Secret("12345678"), isAdmin: isAdmin)
    }

    @Test func aSessionEndsFourteenDaysAfterSigningIn() async throws {
        try await withApplication { application in
            let accounts = application.makeAccounts()
            let token = SessionToken.random()
            _ = try await accounts.create(new("ada"), token: token)
            #expect(try await accounts.session(of: token) != nil, "from here on it is in memory")
            application.time.advance(by: .seconds(14 * 24 * 3600) - .milliseconds(1))
            #expect(try await accounts.session(of: token) != nil)
            #expect(try await application.makeAccounts().session(of: token) != nil)
            application.time.advance(by: .milliseconds(1))
            #expect(try await accounts.session(of: token) == nil)
            #expect(try await application.makeAccounts().session(of: token) == nil)
            #expect(SessionRepository.maxPerUser == 100)
        }
    }

    @Test func anAdministratorsSessionEndsTwelveHoursAfterSigningIn() async throws {
        try await withApplication { application in
            let accounts = application.makeAccounts()
            let (token, plain) = (SessionToken.random(), SessionToken.random())
            _ = try await accounts.create(new("root", isAdmin: true), token: token)
            let ada = try await accounts.create(new("ada"), token: plain).user.id
            // In use all the time.
            for _ in 1...(12 * 3) - 1 {
                application.time.advance(by: .seconds(20 * 60))
                #expect(try await accounts.session(of: token) != nil)
            }
            application.time.advance(by: .seconds(20 * 60) - .milliseconds(1))
            #expect(try await accounts.session(of: token) != nil)
            #expect(try await application.makeAccounts().session(of: token) != nil)
            application.time.advance(by: .milliseconds(1))
            #expect(try await accounts.session(of: token) == nil)
            #expect(try await application.makeAccounts().session(of: token) == nil)
            // A user's goes on, until they are made an administrator.
            #expect(try await accounts.session(of: plain) != nil)
            try await accounts.setAdmin(true, ada)
            #expect(try await accounts.session(of: plain) == nil)
        }
    }

    @Test func anAdministratorsSessionEndsAfterHalfAnHourWithoutUse() async throws {
        try await withApplication { application in
            let (accounts, other) = (application.makeAccounts(), application.makeAccounts())
            let token = SessionToken.random()
            _ = try await accounts.create(new("root", isAdmin: true), token: token)
            #expect(try await accounts.session(of: token) != nil)
            application.time.advance(by: .seconds(29 * 60))
            // The use in another process counts, though this one has the session in memory.
            #expect(try await other.session(of: token) != nil)
            application.time.advance(by: .seconds(29 * 60))
            #expect(try await accounts.session(of: token) != nil)
            application.time.advance(by: .seconds(29 * 60))
            // A page of the console that is left open asks for it by itself, which is no use.
            #expect(try await accounts.session(of: token, isUse: false) != nil)
            application.time.advance(by: .seconds(60))
            #expect(try await accounts.session(of: token) == nil)
            #expect(try await other.session(of: token, isUse: false) == nil)
        }
    }

    @Test func anAdministratorsSessionThatIsUsedNowAndThenGoesOn() async throws {
        try await withApplication { application in
            let accounts = application.makeAccounts()
            let token = SessionToken.random()
            _ = try await accounts.create(new("root", isAdmin: true), token: token)
            for _ in 1...3 {
                application.time.advance(by: .seconds(30 * 60) - .milliseconds(1))
                #expect(try await accounts.session(of: token) != nil)
            }
            application.time.advance(by: .seconds(30 * 60))
            #expect(try await accounts.session(of: token) == nil)
        }
    }

    @Test func theUseOfASessionIsWrittenDownOnceAMinuteAndForAdministratorsAlone() async throws {
        try await withApplication { application in
            let accounts = application.makeAccounts()
            let (root, ada) = (SessionToken.random(), SessionToken.random())
            _ = try await accounts.create(new("root", isAdmin: true), token: root)
            _ = try await accounts.create(new("ada"), token: ada)
            func uses() async throws -> [String] { try await application.texts("Used_Date", of: "Session_State") }
            application.time.advance(by: .milliseconds(59_999))
            for token in [root, ada] { _ = try await accounts.session(of: token) }
            #expect(try await uses().isEmpty)
            application.time.advance(by: .milliseconds(1))
            for token in [root, ada] { _ = try await accounts.session(of: token) }
            let first = try await uses()
            #expect(first.count == 1)
            application.time.advance(by: .milliseconds(59_999))
            _ = try await accounts.session(of: root)
            #expect(try await uses() == first)
            application.time.advance(by: .milliseconds(1))
            _ = try await accounts.session(of: root)
            #expect(try await uses() != first)
        }
    }

    @Test func aPasswordCountsAsGivenForFiveMinutes() async throws {
        try await withApplication { application in
            let (accounts, other) = (application.makeAccounts(), application.makeAccounts())
            let token = SessionToken.random()
            _ = try await accounts.create(new("root", isAdmin: true), token: token)
            func isConfirmed(_ accounts: Accounts) async throws -> Bool? {
                try await accounts.session(of: token)?.isConfirmed(at: application.time.wallNow)
            }
            application.time.advance(by: .seconds(5 * 60) - .milliseconds(1))
            #expect(try await isConfirmed(accounts) == true)
            #expect(try await isConfirmed(other) == true)
            application.time.advance(by: .milliseconds(1))
            #expect(try await isConfirmed(accounts) == false)
            let session = try #require(try await accounts.session(of: token))
            let client = Client(address: IPAddress("127.0.0.1"), userAgent: nil)
            await #expect(throws: Problem.self) {
                try await accounts.confirm(session, password: Secret("wrong"), code: nil, client: client)
            }
            #expect(try await isConfirmed(accounts) == false)
            try await accounts.confirm(session, password: Secret("12345678"), code: nil, client: client)
            #expect(try await isConfirmed(accounts) == true)
            // As the change feed does within a second.
            other.apply(.user(session.user.id))
            #expect(try await isConfirmed(other) == true)
            application.time.advance(by: .seconds(5 * 60))
            #expect(try await isConfirmed(accounts) == false)
        }
    }

    @Test func theLeaveToReadAUsersDataEndsAfterFifteenMinutes() async throws {
        try await withApplication { application in
            let accounts = application.makeAccounts()
            let ada = try await accounts.create(new("ada")).user.id
            let own = SessionToken.random()
            _ = try await accounts.create(new("root", isAdmin: true), token: own)
            let session = try #require(try await accounts.session(of: own))
            let token = try await accounts.openAccess(to: ada, by: session, reason: "Ticket 4711").token
            application.time.advance(by: .seconds(15 * 60) - .milliseconds(1))
            #expect(try await accounts.session(of: token)?.owner.id == ada)
            application.time.advance(by: .milliseconds(1))
            #expect(try await accounts.session(of: token) == nil)
        }
    }

    // MARK: Housekeeping

    /// Each bound of time is tried at the bound, where all is still there, and an hour later, at the next look.
    @Test func housekeepingRemovesWhatIsOldEnough() async throws {
        #expect(Housekeeping.interval == .seconds(3600))
        #expect(Housekeeping.jobRetention == .seconds(7 * 24 * 3600))
        try await withApplication { application in
            let (time, accounts) = (application.time, application.makeAccounts())
            let ada = try await accounts.create(new("ada"), token: .random()).user.id
            _ = try await accounts.create(new("bob"), token: .random())
            try await accounts.delete(ada)
            try await addJobs(of: ada, to: application)
            let housekeeping = Housekeeping(
                accounts: accounts, manager: application.manager, deletionGrace: .seconds(30 * 24 * 3600), time: time,
                logger: application.logger)
            let running = Task { try await housekeeping.run() }
            await time.sleepsHaveBegun(1)
            var looks = 1
            func look(after duration: Duration) async {
                time.advance(by: duration)
                looks += 1
                await time.sleepsHaveBegun(looks)
            }

            time.advance(by: .milliseconds(3_599_999))
            #expect(time.sleeperCount == 1, "it looks every hour")
            await look(after: .seconds(7 * 24 * 3600) - .milliseconds(3_599_999))
            #expect(try await application.texts("State", of: "Job") == ["done", "failed"])
            await look(after: .seconds(3600))
            #expect(try await application.texts("State", of: "Job") == ["failed"], "a failed one stays")

            await look(after: .seconds(7 * 24 * 3600 - 3600) - .milliseconds(1))
            #expect(try await application.texts("Token_Hash", of: "Session").count == 1)
            await look(after: .seconds(3600))
            #expect(try await application.texts("Token_Hash", of: "Session").isEmpty)

            // Thirty days after the deletion.
            await look(after: .seconds(16 * 24 * 3600 - 3600) + .milliseconds(1))
            #expect(try await application.texts("Username", of: "Users") == ["ada", "bob"])
            await look(after: .seconds(3600))
            #expect(try await application.texts("Username", of: "Users") == ["bob"])
            running.cancel()
            _ = await running.result
        }
    }

    private func addJobs(of user: UserID, to application: Application) async throws {
        let date = application.time.wallNow
        try await application.manager.main.transaction { database in
            let jobs = JobRepository(database)
            for state in [JobState.done, .failed] {
                let id = try await jobs.insert(JobRequest(.provision, userID: user), date: date).id
                try await database.execute(
                    "UPDATE Job SET State = ? WHERE Job_ID = ?", [.text(state.rawValue), .integer(id)])
                try await jobs.insert("reserve", of: id, date: date)
            }
        }
    }
}
