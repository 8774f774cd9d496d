/// How many accounts visitors may create per hour.
public struct RegistrationLimits: Sendable {
    /// From one network; nil for any number.
    public var perNetwork: Int? = 60
    /// From all networks together; nil for any number.
    public var overall: Int? = 36_000

    public init() {}
}
