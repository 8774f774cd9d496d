internal import Hummingbird
internal import Tenancy

/// An endpoint's answer and its user, for the log.
struct GateAnswer: Sendable {
    let response: Response
    /// Nil if nobody is signed in.
    let userID: UserID?
}

/// The error of a signed-in user's request, and the user, for the log.
struct FailedRequest: Error {
    let cause: any Error
    let userID: UserID
}
