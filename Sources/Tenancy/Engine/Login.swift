/// A login name and its password.
public struct Login: Sendable {
    public let name: String
    public let password: Secret<String>

    public init(name: String, password: Secret<String>) {
        self.name = name
        self.password = password
    }
}
