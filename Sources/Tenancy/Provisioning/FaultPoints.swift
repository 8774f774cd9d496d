/// Named places in durable work where a test can stop the process or make the work fail.
public struct FaultPoints: Sendable {
    /// Nothing happens anywhere.
    public static let none = FaultPoints { _ in }

    private let reach: @Sendable (String) async throws -> Void

    /// - Parameter reach: called with the name of each place that is reached; what it throws, the work fails with.
    public init(_ reach: @escaping @Sendable (String) async throws -> Void) { self.reach = reach }

    package func reached(_ name: String) async throws { try await reach(name) }

    /// The name of the place right after a step of giving a login a new password.
    public static func after(_ step: RotationStep) -> String { "rotation.after-\(step.rawValue)" }

    /// The name of the place right after a step of removing a user for good.
    public static func after(_ step: PurgeStep) -> String { "purge.after-\(step.rawValue)" }

    /// The name of the place right after a step of giving an installation a new root key.
    public static func after(_ step: KeyRotationStep) -> String { "key.after-\(step.rawValue)" }

    /// The name of the place right after a step of ending what an older copy of the main database brought back.
    public static func after(_ step: RestoreStep) -> String { "restore.after-\(step.rawValue)" }

    /// The name of the place right after a step of making a database for the stock.
    public static func after(_ step: WarmStep) -> String { "warm.after-\(step.rawValue)" }

    /// The name of the place right after a step of provisioning.
    public static func after(_ step: ProvisioningStep) -> String { "provisioning.after-\(step.rawValue)" }
}
