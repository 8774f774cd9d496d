import CSodium
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@testable import UnifyApp

@Suite struct PasswordHasherTests {
    private static let password = Secret("zwölf Boxkämpfer")

    @Test func aHashIsGoodForItsPepperAlone() async throws {
        let hasher = try PasswordHasher(maxThreads: 1, pepper: .random())
        let hash = try await hasher.hash(Self.password, in: .init(.known))
        #expect(try await hasher.verify(Self.password, against: hash, in: .init(.known)) == .right)
        #expect(try await hasher.verify(Secret("zwölf Boxkämpfex"), against: hash, in: .init(.known)) == .wrong)
        #expect(try await hasher.verify(Self.password, against: nil, in: .init(.known)) == .wrong)
        let other = try PasswordHasher(maxThreads: 1, pepper: .random())
        let error = await #expect(throws: TenancyError.self) {
            _ = try await other.verify(Self.password, against: hash, in: .init(.known))
        }
        #expect(error?.code == .keyMissing)
        // Whoever has the hash alone, and guesses right, does not see it.
        let argon = PepperedHash(text: hash).argon
        #expect(try await other.verify(Self.password, against: argon, in: .init(.known)) == .wrong)
        #expect(hash.utf8.count <= 255)
    }

    @Test func allFormsOfAPasswordAreOne() async throws {
        let hasher = try PasswordHasher(maxThreads: 1, pepper: .random())
        let hash = try await hasher.hash(Secret("zwo\u{308}lf Boxka\u{308}mpfer"), in: .init(.known))
        #expect(try await hasher.verify(Self.password, against: hash, in: .init(.known)) == .right)
    }

    /// Registered on one system, typed on another; or on the same one, which writes accents apart.
    @Test(arguments: [
        ("pa\u{E4}sswort \u{E9}lan", "paa\u{308}sswort e\u{301}lan"),
        ("paa\u{308}sswort e\u{301}lan", "paa\u{308}sswort e\u{301}lan"),
        ("pa\u{E4}sswort \u{E9}lan", "pa\u{E4}sswort \u{E9}lan"),
    ])
    func anOldHashIsGoodForTheNormalFormAndForWhatWasTyped(hashed: String, typed: String) async throws {
        let hasher = try PasswordHasher(maxThreads: 1, pepper: .random())
        let old = try Self.plainHash(hashed)
        guard case .outdated(let new) = try await hasher.verify(Secret(typed), against: old, in: .init(.known)) else {
            Issue.record("it is refused")
            return
        }
        #expect(try await hasher.verify(Secret(hashed), against: new, in: .init(.known)) == .right)
        #expect(try await hasher.verify(Secret(typed + "x"), against: old, in: .init(.known)) == .wrong)
    }

    /// Passwords are typed in one form here and in the other there, at every place.
    @Test func onePasswordInTwoFormsOpensEverything() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (composed, apart) = ("pa\u{E4}sswort \u{E9}lan", "paa\u{308}sswort e\u{301}lan")
            let registered = try await server.client.post(
                "/api/register", ["username": "ada", "email": "ada@example.org", "password": apart])
            let ada = server.client.with(token: registered.json["token"] as? String)
            #expect(
                try await server.client.post("/api/login", ["username": "ada", "password": composed]).status == 200)
            #expect(try await ada.post("/api/me/confirm", ["password": composed]).status == 204)
            #expect(
                try await ada.send("PUT", "/api/me/email", json: ["email": "l@example.org", "password": composed])
                    .status
                    == 200)
            let change = ["current_password": composed, "new_password": "\(composed) oe\u{308}"]
            #expect(try await ada.send("PUT", "/api/me/password", json: change).status == 204)
            let page = PageClient(port: server.client.port)
            let signedIn = try await page.post(
                "/sign-in", ["username": "ada", "password": "\(apart) o\u{65}\u{308}"])
            #expect(signedIn.status == 303)
            #expect(
                try await ada.send("DELETE", "/api/me", json: ["password": "\(apart) o\u{EB}"]).status == 202)
        }
    }

    @Test func aHashFromBeforeThePepperIsReplacedWhenSigningIn() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            let userID = try #require(UserID(Int64(id)))
            // As libsodium makes it by itself, which is what was stored before.
            let old = try Self.plainHash(TestClient.password)
            try await server.manager.main.transaction {
                try await UserRepository($0).setPasswordHash(old, of: userID)
            }
            func stored() async throws -> String? {
                try await server.manager.main.withDatabase(.read) {
                    try await UserRepository($0).passwordHash(of: userID)
                }
            }
            func signIn(_ password: String) async throws -> Int {
                try await server.client.post("/api/login", ["username": "ada", "password": password]).status
            }
            #expect(try await signIn("not this one") == 401)
            #expect(try await stored() == old)
            #expect(try await signIn(TestClient.password) == 200)
            #expect(try await stored()?.hasPrefix("unify1$") == true)
            #expect(try await signIn(TestClient.password) == 200)
        }
    }

    static func plainHash(_ password: String) throws -> String {
        _ = sodium_init()
        var output = [CChar](repeating: 0, count: Int(crypto_pwhash_strbytes()))
        let code = crypto_pwhash_str(&output, password, UInt64(password.utf8.count), 2, 19 * 1024 * 1024)
        guard code == 0 else { throw TestFailure("no memory") }
        return String(decoding: output.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

@Suite struct PasswordPepperTests {
    @Test func itIsMadeOnceAndOutlivesARotationOfTheRootKey() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let main = server.manager.main
            let (old, new) = (server.manager.keyRing.current, RootKey.random())
            let pepper = try await PasswordPepper.load(from: main, ring: KeyRing(current: old))
            #expect(try await PasswordPepper.load(from: main, ring: KeyRing(current: old)).id == pepper.id)
            _ = try await KeyRotation(main: main, ring: KeyRing(current: new, older: [old])).run()
            // The old key is needed no more.
            #expect(try await PasswordPepper.load(from: main, ring: KeyRing(current: new)).id == pepper.id)
            let error = await #expect(throws: TenancyError.self) {
                _ = try await PasswordPepper.load(from: main, ring: KeyRing(current: old))
            }
            #expect(error?.code == .keyMissing)
        }
    }

    /// With another one nobody could sign in, and nobody would know why.
    @Test func itIsNotMadeAnewWherePasswordsNeedIt() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let ring = KeyRing(current: .random())
            _ = try await server.client.register("ada")
            let error = await #expect(throws: TenancyError.self) {
                _ = try await PasswordPepper.load(from: server.manager.main, ring: ring)
            }
            #expect(error?.code == .keyMissing)
            #expect(error?.message.contains("Restore the main database") == true)
        }
    }
}
