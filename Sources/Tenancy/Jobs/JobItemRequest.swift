/// A database that a job is to work on.
public struct JobItemRequest: Sendable {
    public let database: DatabaseID
    public var userID: UserID?
    /// The address of the database's server, see ``DatabaseLocation/serverAddress``; nil for a file.
    public var lane: String?
    /// The wave in which its turn comes, from 0.
    public var wave: Int

    public init(_ database: DatabaseID, userID: UserID? = nil, lane: String? = nil, wave: Int = 0) {
        self.database = database
        self.userID = userID
        self.lane = lane
        self.wave = wave
    }
}
