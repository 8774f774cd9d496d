internal import HTTPTypes
internal import Tenancy

extension Problem {
    /// The problem that a client sees for any error.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let conflict as AccountConflict:
            self = Problem(status: .conflict, code: conflict.code, detail: conflict.message)
        case let error as TenancyError: self.init(error)
        default: self = .internalFailure
        }
    }

    /// The problem that a client sees for an error of the library. The library's message may name files and commands,
    /// so only its code is sent.
    init(_ error: TenancyError) {
        switch error.code {
        case .userNotFound:
            self = Problem(status: .notFound, code: "user_not_found", detail: "There is no such user.")
        case .databaseSuspended: self = .suspended
        case .readOnlyContext: self = .readOnlyAccess
        case .jobNotFound:
            self = Problem(status: .notFound, code: "job_not_found", detail: "There is no such job.")
        case .jobStateConflict:
            self = Problem(status: .conflict, code: "job_state_conflict", detail: error.message)
        case .serverNotFound:
            self = .invalidFields([FieldError(field: "server", message: error.message)])
        case .invalidConfiguration, .engineUnavailable:
            self = .invalidFields([FieldError(field: "engine", message: error.message)])
        case .overloaded, .poolTimeout, .shuttingDown:
            self = .unavailable(error.code.rawValue, "Too much is going on right now. Try again in a moment.")
        case .userDatabaseNotFound, .databaseMissing, .databaseUnreadable, .databaseCorrupt, .wrongDatabase,
            .connectionFailed, .loginRefused, .serverUnavailable, .databaseNotReady, .schemaTooNew, .schemaTooOld,
            .migrationConflict, .keyMissing, .keyWrong, .unsealFailed:
            self = .unavailable(
                error.code.rawValue, "The data cannot be opened right now. Try again in a few minutes.")
        case .busy, .staleLease, .jobTakenOver, .deadlineExceeded, .cancelled:
            self = .unavailable(error.code.rawValue, "The data was busy or has just changed. Try again.")
        case .diskFull, .ioFailure:
            self = .unavailable(
                error.code.rawValue, "The disk is full or has failed; nothing was saved. Try again later.")
        case .provisioningFailed:
            self = .unavailable(
                error.code.rawValue, "The database could not be made, and nothing of it was kept. Try again.")
        default: self = .internalFailure
        }
    }
}
