internal import Tenancy

/// A try to sign in or to register that is written down after its answer.
struct SignInTry: Sendable, Hashable {
    let action: SecurityAction
    /// As it was entered.
    let name: String
    let client: Client
    let date: Timestamp
    /// More than 1 if it stands for several.
    var times = 1
}
