internal import Tenancy

/// Where the next page of a list begins: after this row. For clients it is opaque text, valid only for the list that
/// returned it.
struct Cursor: Sendable, Equatable {
    /// The longest text that is read.
    static let maxBytes = 100

    /// The instant that the list is ordered by first; nil if it is ordered by number alone.
    let instant: Timestamp?
    let id: Int64

    init(instant: Timestamp? = nil, id: Int64) {
        self.instant = instant
        self.id = id
    }

    /// - Parameter mark: the list that must have returned it.
    init?(text: String, in mark: ListMark) {
        guard text.utf8.count <= Self.maxBytes, let bytes = Base64URL.decode(text),
            let plain = String(validating: bytes, as: UTF8.self)
        else { return nil }
        let parts = plain.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, UInt64(parts[0], radix: 36) == mark.hash, let id = Int64(parts[2]), id >= 0 else {
            return nil
        }
        if parts[1].isEmpty {
            self.init(id: id)
        } else {
            guard let milliseconds = Int64(parts[1]) else { return nil }
            self.init(instant: Timestamp(milliseconds: milliseconds), id: id)
        }
    }

    func text(in mark: ListMark) -> String {
        let hash = String(mark.hash, radix: 36)
        return Base64URL.encode("\(hash)/\(instant.map { String($0.milliseconds) } ?? "")/\(id)".utf8)
    }
}
