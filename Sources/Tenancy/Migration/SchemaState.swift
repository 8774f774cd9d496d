/// What a database was migrated to: the newest version of each component.
public struct SchemaState: Sendable, Hashable, CustomStringConvertible {
    private let versions: [MigrationComponent: Int]
    /// The migration that was begun and has not ended, and how many of its steps are done.
    public let unfinished: String?

    public init(_ versions: [MigrationComponent: Int], unfinished: String? = nil) {
        self.versions = versions.filter { $0.value != 0 }
        self.unfinished = unfinished
    }

    /// The component's newest version; 0 for none.
    public subscript(component: MigrationComponent) -> Int { versions[component] ?? 0 }

    /// Whether no component is ahead of another state's.
    func isWithin(_ other: SchemaState) -> Bool { versions.allSatisfy { $0.value <= other[$0.key] } }

    /// The versions by the components' names, for programs.
    public var byName: [String: Int] {
        Dictionary(uniqueKeysWithValues: versions.map { ($0.rawValue, $1) })
    }

    /// `library version 8, application version 12`.
    public var description: String {
        let parts = MigrationComponent.allCases.filter { self[$0] != 0 }
            .map { "\($0.rawValue) version \(self[$0])" }
        return parts.isEmpty ? "no version" : parts.joined(separator: ", ")
    }
}
