internal import Hummingbird
internal import Tenancy

/// What an endpoint answered, and to whom; for the log.
struct GateAnswer: Sendable {
    let response: Response
    /// Nil where nobody is signed in.
    let userID: UserID?
}

/// Why a signed-in user's request failed, and whose it was; for the log.
struct FailedRequest: Error {
    let cause: any Error
    let userID: UserID
}
