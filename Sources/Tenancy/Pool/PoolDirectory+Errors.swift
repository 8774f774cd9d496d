/// What those are told who get no connection, or no hold.
extension PoolDirectory {
    func timeoutError(of obstacle: Machine.Obstacle?) -> TenancyError {
        let limit = limits.waitLimit
        let message =
            switch obstacle {
            case .server:
                "No connection to the database server became free within \(limit). Raise its --max-connections if the "
                    + "server can take more."
            case .hold: "The database is being changed and took no new requests for \(limit). Try again in a moment."
            case .database, .process, nil:
                "No connection became free within \(limit). Raise UNIFY_MAX_CONNECTIONS or UNIFY_POOL_TIMEOUT if this "
                    + "happens often."
            }
        return TenancyError(.poolTimeout, message)
    }

    static func holdTimeoutError(_ limit: Duration) -> TenancyError {
        TenancyError(
            .deadlineExceeded, "The database was not changed within \(limit), during which it took no new requests.")
    }

    static func error(of refusal: Machine.Refusal) -> TenancyError {
        switch refusal {
        case .tooManyWaiting: TenancyError(.overloaded, "Too many requests wait for a connection already.")
        case .shuttingDown: TenancyError(.shuttingDown, "The databases are being closed.")
        case .superseded: .staleLease
        case .waitsForItself: WriteHold.nested("a lease of this database or its server")
        }
    }

    static func error(of refusal: Machine.HoldRefusal) -> TenancyError {
        switch refusal {
        case .alreadyHeld: TenancyError(.busy, "The database is being changed already. Try again in a moment.")
        case .shuttingDown: error(of: Machine.Refusal.shuttingDown)
        }
    }
}
