/// The steps of changing an installation's root key, in order. Each can be repeated.
public enum KeyRotationStep: String, Sendable, CaseIterable {
    /// The new key is the first one of the key file.
    case file
    /// It is the main database's current key.
    case adopt
    /// Every secret is sealed under it.
    case seal
    /// Keys without sealed secrets are removed from the file.
    case drop
}
