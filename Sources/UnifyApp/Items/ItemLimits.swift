/// How long the fields of items may be, in Unicode scalars.
enum ItemLimits {
    static let title = 500
    static let location = 500
    static let description = 20_000
    static let noteBody = 500_000
    static let search = 200
    /// How long the query for a page of a list may run.
    static let listingTime: Duration = .seconds(2)
    static let priorities: ClosedRange<Int64> = 0...100
}
