/// The paths of embedded user databases. A path depends on the user's number only.
public struct UserDatabaseFiles: Sendable {
    /// The data directory, an absolute path.
    public let directory: String

    public init(directory: String) { self.directory = directory }

    /// `users/<bucket>/user_<id>.db`. The bucket is the number's lowest byte as two hexadecimal digits: with 100,000
    /// users, each folder has about 400 files.
    public static func relativePath(of userID: UserID) -> String {
        let bucket = userID.rawValue & 0xFF
        return "users/\(bucket < 16 ? "0" : "")\(String(bucket, radix: 16))/user_\(userID).db"
    }

    /// The user whose file has this relative path; nil for every other path.
    public static func owner(ofRelativePath path: String) -> UserID? {
        guard let name = path.split(separator: "/").last, name.hasPrefix("user_"), name.hasSuffix(".db"),
            let userID = UserID(name.dropFirst(5).dropLast(3)), relativePath(of: userID) == path
        else { return nil }
        return userID
    }

    public func absolutePath(_ relative: String) -> String { "\(directory)/\(relative)" }
}
