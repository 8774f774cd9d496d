internal import Tenancy

/// A kind of thing that a user keeps: one table of their database, one collection of the interface.
protocol UserItem: Sendable {
    /// The word in the path: `/api/<collection>`.
    static var collection: String { get }
    static var table: Identifier { get }
    static var identity: Identifier { get }
    /// The columns of the item's own fields, in the order of ``values``.
    static var columns: [Identifier] { get }
    /// ``columns`` as clients see them, followed by the dates; ``makeFields(_:)``, cached.
    static var fields: [ItemField] { get }
    /// The members of a request's body; ``makeMembers(and:)``, cached.
    static var members: [String] { get }
    /// The SQL that selects all columns, up to its conditions: ``makeSelection()``, kept.
    static var selection: String { get }
    /// The column that lists are ordered by before the number; nil for the number alone.
    static var orderColumn: Identifier? { get }

    var id: Int64 { get set }
    /// The value of ``orderColumn``.
    var orderInstant: Timestamp? { get }
    /// The item's own fields, as they are stored.
    var values: [SQLValue] { get }

    /// Reads a row: the number, ``columns``, and the dates.
    init(_ row: inout RowReader) throws
    /// The item that a request describes.
    /// - Parameter current: the item to change, for which absent fields stay as they are; nil for a new one and for one
    ///   that is replaced.
    init(reading fields: inout FieldReader, changing current: Self?)
    /// The conditions that a request's query sets.
    static func filter(_ query: inout QueryReader) -> ItemFilter
    /// When it was created and last changed; nil if not stored yet.
    var dates: ItemDates? { get set }
}

extension UserItem {
    /// - Parameter own: one for each of ``columns``, in their order.
    static func makeFields(_ own: ItemField...) -> [ItemField] {
        precondition(own.count == columns.count, "each column has a field")
        return own + [.createdAt, .updatedAt]
    }

    /// - Parameter others: names that are accepted beside those of ``fields``.
    static func makeMembers(and others: String...) -> [String] {
        fields.prefix(columns.count).map { "\($0.name)" } + others
    }

    /// Writes the fields, number and dates included, as members of an object.
    func write(to json: inout JSONWriter) {
        json.member("id", id)
        for (field, value) in zip(Self.fields, values) { json.member(field.name, value) }
        dates?.write(to: &json)
    }

    /// Selects the number, ``columns`` and the dates, as ``init(_:)`` reads them.
    static func makeSelection() -> String {
        let columns = ([identity] + columns + ["Created_Date", "Updated_Date"]).map(\.text)
        return "SELECT \(columns.joined(separator: ", ")) FROM \(table)"
    }
}
