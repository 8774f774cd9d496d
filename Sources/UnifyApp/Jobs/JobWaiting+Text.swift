public import Tenancy

extension JobWaiting {
    /// The reason for an operator.
    /// - Parameters:
    ///   - date: how to write a time.
    ///   - name: a user's name; nil if it is unknown.
    public func text(
        date: (Timestamp) -> String = { $0.rfc3339 }, _ name: (UserID) -> String?
    ) -> String {
        switch self {
        case .turn: "Waits until a server has room for it."
        case .handler: "Waits for a server that knows this kind of job."
        case .server(let address): "Waits for the server \(address), which does not answer."
        case .retry(let next): "The last attempt failed; tried again at \(date(next))."
        case .owner(let owner): "\(owner) worked on it and has stopped; another server takes it over."
        case .paused(let actor): "Paused by \(actor.text(name))."
        case .pausing(let actor): "Is being paused by \(actor.text(name))."
        case .cancelling(let actor): "Is being cancelled by \(actor.text(name))."
        }
    }
}

extension JobActor {
    /// Who it is: a user's name or number, a command, or `system` for the server.
    public func text(_ name: (UserID) -> String?) -> String {
        command ?? userID.map { name($0) ?? "user \($0)" } ?? "system"
    }
}

extension JobReport {
    /// The users whom it names.
    public var users: [UserID] {
        [job.userID, job.actor.userID, job.wishedBy.userID].compactMap { $0 }
    }
}
