/// A username or email address that is already taken.
public struct AccountConflict: Error {
    public enum Field: String, Sendable { case username, email }

    public let field: Field
    public var code: String { "\(field.rawValue)_taken" }
    public var message: String { "This \(field.rawValue) is taken." }
}
