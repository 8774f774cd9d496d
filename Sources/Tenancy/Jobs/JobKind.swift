/// What a job does: the name of its ``JobHandler``, as it is stored in `Job.Kind`.
public struct JobKind: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public static let maxLength = 30

    public let rawValue: String

    /// - Parameter rawValue: 1 to ``maxLength`` lower-case letters, digits and hyphens.
    public init?(rawValue: String) {
        guard (1...Self.maxLength).contains(rawValue.utf8.count),
            rawValue.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
        else { return nil }
        self.rawValue = rawValue
    }

    private init(known rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }

    /// A database for an existing user.
    public static let provision = JobKind(known: "provision")
    /// A database for a user who registers; undoing it removes the user.
    public static let register = JobKind(known: "register")
    /// A new password for a user's login.
    public static let rotatePassword = JobKind(known: "rotate-password")
    /// Permanent removal of a deleted user.
    public static let purge = JobKind(known: "purge")
    /// Databases in stock on one server.
    public static let stock = JobKind(known: "stock")
    /// The tables that a user's database lacks.
    public static let repair = JobKind(known: "repair")
}
