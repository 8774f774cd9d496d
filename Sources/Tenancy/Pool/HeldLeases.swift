/// The leases that a task holds, of any directory. A task that it starts inherits them, so some may have ended.
struct HeldLeases: Sendable {
    private struct Held: Sendable {
        let directory: ObjectIdentifier
        let lease: PoolDirectory.Machine.Lease
    }

    private let innermost: Held
    /// Those around it: none, in most cases.
    private let outer: [Held]

    /// - Parameter around: those that the task holds already.
    init(_ lease: PoolDirectory.Machine.Lease, of directory: PoolDirectory, inside around: HeldLeases?) {
        innermost = Held(directory: ObjectIdentifier(directory), lease: lease)
        outer = around.map { $0.outer + [$0.innermost] } ?? []
    }

    func leases(of directory: PoolDirectory) -> [PoolDirectory.Machine.Lease] {
        (outer + [innermost]).filter { $0.directory == ObjectIdentifier(directory) }.map(\.lease)
    }
}
