/// A name and a password that a server lets in.
public struct Login: Sendable {
    public let name: String
    public let password: Secret<String>

    public init(name: String, password: Secret<String>) {
        self.name = name
        self.password = password
    }
}
