internal import Tenancy

/// The file of a new user database, with the positions of the stamp's user and UUID, the only differences between new
/// databases of different users.
struct StampedImage {
    /// A placeholder as long as any other: an integer of the file format's longest kind, and a UUID.
    private static let anybody = UserID(0x6E6F_626F_6479_2121) ?? 1

    private let bytes: [UInt8]
    private let userOffset: Int
    private let uuidOffset: Int

    /// - Parameter template: a database without a stamp.
    /// - Returns: nil if the positions cannot be determined for certain.
    init?(_ template: [UInt8], schemaVersion: Int, fingerprint: String, dialect: any Dialect) throws {
        let identity = DatabaseIdentity(
            userID: Self.anybody, uuid: .random(), schemaVersion: schemaVersion, fingerprint: fingerprint)
        bytes = try SQLiteImage.make([identity.insertion(in: dialect)], from: template)
        guard let userOffset = Self.onlyPlace(of: Self.bigEndian(Self.anybody), in: bytes),
            let uuidOffset = Self.onlyPlace(of: Array(identity.uuid.text.utf8), in: bytes)
        else { return nil }
        (self.userOffset, self.uuidOffset) = (userOffset, uuidOffset)
    }

    func bytes(for identity: DatabaseIdentity) -> [UInt8] {
        var copy = bytes
        // SQLite writes small numbers shorter, but reads them in any length.
        copy.replaceSubrange(userOffset..<userOffset + 8, with: Self.bigEndian(identity.userID))
        copy.replaceSubrange(uuidOffset..<uuidOffset + identity.uuid.text.utf8.count, with: identity.uuid.text.utf8)
        return copy
    }

    private static func bigEndian(_ userID: UserID) -> [UInt8] {
        withUnsafeBytes(of: userID.rawValue.bigEndian) { Array($0) }
    }

    private static func onlyPlace(of part: [UInt8], in bytes: [UInt8]) -> Int? {
        let places = bytes.indices.filter { bytes[$0] == part[0] && bytes[$0...].starts(with: part) }
        return places.count == 1 ? places.first : nil
    }
}
