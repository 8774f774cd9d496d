/// Named points in durable work where a test can stop the process or make the work fail.
public struct FaultPoints: Sendable {
    /// No effect at any point.
    public static let none = FaultPoints { _ in }

    private let reach: @Sendable (String) async throws -> Void

    /// - Parameter reach: called with the name of each point that is reached; what it throws fails the work.
    public init(_ reach: @escaping @Sendable (String) async throws -> Void) { self.reach = reach }

    package func reached(_ name: String) async throws { try await reach(name) }

    /// The point right after a step of changing a login's password.
    public static func after(_ step: RotationStep) -> String { "rotation.after-\(step.rawValue)" }

    /// The point right after a step of permanently removing a user.
    public static func after(_ step: PurgeStep) -> String { "purge.after-\(step.rawValue)" }

    /// The point right after a step of changing an installation's root key.
    public static func after(_ step: KeyRotationStep) -> String { "key.after-\(step.rawValue)" }

    /// The point right after a step of undoing the effects of a restored older copy of the main database.
    public static func after(_ step: RestoreStep) -> String { "restore.after-\(step.rawValue)" }

    /// The point right after a step of making a database for the stock.
    public static func after(_ step: WarmStep) -> String { "warm.after-\(step.rawValue)" }

    /// The point right after a step of provisioning.
    public static func after(_ step: ProvisioningStep) -> String { "provisioning.after-\(step.rawValue)" }
}
