/// Who asked for something about a job: a user, or a command.
public struct JobActor: Sendable, Hashable {
    public let userID: UserID?
    /// The command that acted, as `cli:USER@HOST`; nil for users and for the server.
    public let command: String?

    public init(userID: UserID? = nil, command: String? = nil) {
        self.userID = userID
        self.command = command
    }
}
