internal import Tenancy

/// Where the next page of a list begins: after this row. To a client it is opaque text.
struct Cursor: Sendable, Equatable {
    /// The instant that the list is ordered by first; nil where it is ordered by number alone.
    let instant: Timestamp?
    let id: Int64

    init(instant: Timestamp? = nil, id: Int64) {
        self.instant = instant
        self.id = id
    }

    init?(text: String) {
        guard text.utf8.count <= 100, let bytes = Base64URL.decode(text),
            let plain = String(validating: bytes, as: UTF8.self)
        else { return nil }
        let parts = plain.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = Int64(parts[1]), id >= 0 else { return nil }
        if parts[0].isEmpty {
            self.init(id: id)
        } else {
            guard let milliseconds = Int64(parts[0]) else { return nil }
            self.init(instant: Timestamp(milliseconds: milliseconds), id: id)
        }
    }

    var text: String {
        Base64URL.encode("\(instant.map { String($0.milliseconds) } ?? "")/\(id)".utf8)
    }
}
