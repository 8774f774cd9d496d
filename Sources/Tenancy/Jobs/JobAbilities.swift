/// What operators can do to jobs of a kind.
public struct JobAbilities: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// It can stop half-way and go on later.
    public static let pause = JobAbilities(rawValue: 1)
    /// It can be given up; ``JobHandler/undo(_:)`` then removes what it left half done.
    public static let cancel = JobAbilities(rawValue: 2)
    /// A failed one can be tried again.
    public static let retry = JobAbilities(rawValue: 4)
    public static let all: JobAbilities = [.pause, .cancel, .retry]
}
