internal import HTTPTypes

/// The view of the template `problem`: what went wrong, in the reader's words, and what to do.
struct ProblemView {
    let title: String
    let detail: String
    let errors: [Problem.FieldError]
    /// When to retry; nil if a retry makes no sense.
    let retryText: String?
    /// Where to retry; nil after a form.
    let retryPath: String?
    let homePath: String
    let homeLabel: String
    /// The request's id in the operator's log.
    let requestID: String

    /// - Parameters:
    ///   - path: the requested page; nil after a form.
    ///   - isInConsole: whether an operator reads it: texts for users would speak of data that is not theirs.
    init(_ problem: Problem, at path: String?, isSignedIn: Bool, isInConsole: Bool = false, requestID: String) {
        title = problem.pageTitle
        detail = isInConsole ? "\(problem.detail) Code: \(problem.code)." : problem.pageDetail
        errors = problem.errors
        self.requestID = requestID
        retryText = problem.canBeTriedAgain ? Self.retryText(problem.retryAfter, isReading: path != nil) : nil
        let target = path.map { LocalPath.checked($0, else: PagePlace.tasks.path) }
        retryPath = problem.canBeTriedAgain ? target : nil
        (homePath, homeLabel) = isSignedIn ? (PagePlace.tasks.path, "Go to tasks") : ("/sign-in", "Sign in")
    }

    private static func retryText(_ seconds: Int?, isReading: Bool) -> String {
        let moment =
            switch seconds {
            case nil: "in a moment"
            case 1: "in a second"
            case let seconds?: "in \(GroupedNumber.text(seconds)) seconds"
            }
        return isReading
            ? "You can try again \(moment)."
            : "Go back in your browser to send it again \(moment); what you wrote is still there."
    }
}

extension Problem {
    fileprivate var canBeTriedAgain: Bool {
        [.tooManyRequests, .internalServerError, .serviceUnavailable].contains(status)
    }

    fileprivate var pageTitle: String {
        switch status {
        case .notFound: "Page not found"
        case .forbidden: "You cannot do that"
        case .conflict: "That is not possible"
        case .contentTooLarge: "That is too large"
        case .unprocessableContent: "Something in that request is wrong"
        case .tooManyRequests: "Too many requests"
        case .serviceUnavailable: "Not available right now"
        case Problem.databaseFull.status: "No room left"
        case .internalServerError: "Something went wrong"
        default: "That did not work"
        }
    }

    /// Its ``detail`` in terms of the pages: what a reader sees and can do, rather than requests and headers.
    var pageDetail: String {
        switch code {
        case Problem.notFound.code: "There is nothing here. It may have been deleted, or the address is wrong."
        case Problem.crossSiteRequest.code:
            "For your safety, forms are only accepted from this site's own pages. Open the page again, and send the form from "
                + "there."
        case Problem.misdirected.code: "This site has another address."
        case Problem.bodyTooLarge.code: "What you sent is larger than 1 MiB. Make it shorter, and send it again."
        case Problem.bodyIncomplete.code: "Not all of what you sent has arrived. Send it again."
        case "method_not_allowed": "This address cannot be used like that. Open the page again from the menu."
        case Problem.databaseFull.code:
            "Your data has reached its size limit. Delete what you no longer need, or ask your administrator for more room."
        case "invalid_fields": "Check this, or start again from the menu:"
        case Problem.tooManyRequests.code: "You sent too many requests at once."
        case Problem.internalFailure.code:
            "The fault is ours. If it happens again, tell your administrator, and give them the request number below."
        case _ where status == .serviceUnavailable: unavailableDetail
        default: detail
        }
    }

    private var unavailableDetail: String {
        switch code {
        case "overloaded", "pool_timeout", "shutting_down": "Too many people are here at this moment."
        case "busy", "stale_lease", "deadline_exceeded", "cancelled": "Your data was busy, or has just been changed."
        case "disk_full", "io_failure": "Nothing could be saved just now."
        case "provisioning_failed": "Your account could not be set up, and nothing of it was kept."
        case "search_too_slow", "storage_full", Problem.noPlaceForAccounts.code: detail
        default: "We cannot open your data right now. If that lasts, tell your administrator."
        }
    }
}
