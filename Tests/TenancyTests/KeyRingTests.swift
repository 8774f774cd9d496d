internal import Tenancy
import Testing

@Suite("KeyRing")
struct KeyRingTests {
    private static let place = "User_Database_Config/DB_Password/7"
    private let ring = KeyRing(current: .random())

    private func code(opening sealed: SealedSecret?, in place: String = place, by ring: KeyRing) -> TenancyError.Code? {
        guard let sealed else { return nil }
        do {
            _ = try ring.open(sealed, in: place)
            return nil
        } catch {
            return (error as? TenancyError)?.code
        }
    }

    @Test(arguments: ["", "hunter2", "pässwörd 名\0!", String(repeating: "x", count: 10_000)])
    func opensWhatItSealed(text: String) throws {
        let sealed = try ring.seal(Secret(text), in: Self.place)
        #expect(try ring.open(sealed, in: Self.place).unsafeReveal() == text)
        #expect(sealed.keyID == ring.current.id)
    }

    @Test func sealsTheSameTextDifferentlyEachTime() throws {
        let texts = try (0..<50).map { _ in try ring.seal(Secret("hunter2"), in: Self.place).text }
        #expect(Set(texts).count == 50)
        #expect(!texts.contains { $0.contains("hunter2") })
    }

    @Test(arguments: ["User_Database_Config/DB_Password/8", "Database_Servers/Admin_Password/7", "", place + " "])
    func refusesAnotherPlace(other: String) throws {
        let sealed = try ring.seal(Secret("hunter2"), in: Self.place)
        #expect(code(opening: sealed, in: other, by: ring) == .unsealFailed)
    }

    @Test func namesTheKeyThatIsMissing() throws {
        let sealed = try ring.seal(Secret("hunter2"), in: Self.place)
        let other = KeyRing(current: .random())
        #expect(code(opening: sealed, by: other) == .keyMissing)
    }

    @Test func refusesAnotherKeyUnderTheSameID() throws {
        let other = KeyRing(current: .random())
        let parts = try other.seal(Secret("hunter2"), in: Self.place).text.split(separator: ".")
        let forged = SealedSecret(text: "v1.\(ring.current.id).\(parts[2]).\(parts[3])")
        #expect(code(opening: forged, by: ring) == .unsealFailed)
    }

    @Test func opensUnderAnOlderKeyAndSealsUnderTheCurrent() throws {
        let sealed = try ring.seal(Secret("hunter2"), in: Self.place)
        let rotated = KeyRing(current: .random(), older: [ring.current])
        #expect(try rotated.open(sealed, in: Self.place).unsafeReveal() == "hunter2")
        #expect(try rotated.seal(Secret("hunter2"), in: Self.place).keyID == rotated.current.id)
    }

    /// Nonce, cipher text and tag of the wrapped key (part 2) and of the value (part 3), byte by byte.
    @Test(arguments: [2, 3])
    func refusesEveryFlippedByte(part: Int) throws {
        let text = try ring.seal(Secret("hunter2"), in: Self.place).text
        let parts = text.split(separator: ".").map(String.init)
        let bytes = try #require(Base64URL.decode(parts[part]))
        #expect(bytes.count == (part == 2 ? 12 + 32 + 16 : 12 + 7 + 16))
        for index in bytes.indices {
            var (changed, changedParts) = (bytes, parts)
            changed[index] ^= 0x01
            changedParts[part] = Base64URL.encode(changed)
            let forged = SealedSecret(text: changedParts.joined(separator: "."))
            #expect(code(opening: forged, by: ring) == .unsealFailed, "byte \(index)")
        }
        #expect(code(opening: SealedSecret(text: text), by: ring) == nil)
    }

    @Test(arguments: [0, 1, 11, 12, 27])
    func refusesWhatIsCutShort(length: Int) throws {
        let parts = try ring.seal(Secret("hunter2"), in: Self.place).text.split(separator: ".").map(String.init)
        let bytes = try #require(Base64URL.decode(parts[3]))
        let cut = SealedSecret(text: "v1.\(parts[1]).\(parts[2]).\(Base64URL.encode(bytes.prefix(length)))")
        #expect(cut != nil)
        #expect(code(opening: cut, by: ring) == .unsealFailed)
    }

    @Test func refusesPartsOfTwoSecretsOfOnePlace() throws {
        let one = try ring.seal(Secret("one"), in: Self.place).text.split(separator: ".")
        let two = try ring.seal(Secret("two"), in: Self.place).text.split(separator: ".")
        let mixed = SealedSecret(text: "v1.\(one[1]).\(one[2]).\(two[3])")
        #expect(code(opening: mixed, by: ring) == .unsealFailed)
    }
}
