internal import HTTPTypes
internal import Tenancy

/// Why a form was refused, as its page shows it.
struct FormErrors {
    static let none = FormErrors(status: .ok, byField: [:], general: nil)

    let status: HTTPResponse.Status
    private let byField: [String: String]
    /// The error that concerns no single field.
    let general: String?

    private init(status: HTTPResponse.Status, byField: [String: String], general: String?) {
        self.status = status
        self.byField = byField
        self.general = general
    }

    /// - Throws: the error itself, if a form cannot show it.
    init(_ error: any Error) throws {
        if let conflict = error as? AccountConflict {
            self.init(status: .conflict, byField: [conflict.field.rawValue: conflict.message], general: nil)
        } else if let problem = error as? Problem, !problem.errors.isEmpty {
            let messages = problem.errors.map { ($0.field, Self.sentence($0.message)) }
            self.init(
                status: problem.status, byField: Dictionary(messages) { first, _ in first },
                general: "Fix the highlighted fields.")
        } else if let problem = error as? Problem, Self.shown.contains(problem.code) {
            self.init(status: problem.status, byField: [:], general: problem.pageDetail)
        } else {
            throw error
        }
    }

    private static let shown: Set<String> = [
        "invalid_credentials", "too_many_tries", "account_suspended", "last_admin",
        "invalid_code", "second_factor_required", "second_factor_on", "second_factor_off", "database_full", "refused",
        "invitation_required", "invitation_invalid", "storage_full", "overloaded", "no_place_for_accounts",
    ]

    /// A field's error.
    subscript(_ field: String) -> String? { byField[field] }

    /// `must not be blank` as a sentence of its own, beside the field that it is about.
    private static func sentence(_ message: String) -> String {
        let text = message.prefix(1).uppercased() + message.dropFirst()
        return text.hasSuffix(".") ? text : text + "."
    }
}
