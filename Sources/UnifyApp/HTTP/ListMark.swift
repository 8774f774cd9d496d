internal import Tenancy

/// Identifies the list that a cursor belongs to: its kind, reader and filters. A cursor carries the mark, so that
/// another list refuses it instead of returning a page with gaps.
///
/// This guards against mix-ups, not against forgery: only the user's context decides which rows are returned.
struct ListMark: Sendable, Equatable {
    /// FNV-1a with 64 bits.
    private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Adds a piece; pieces cannot run into each other, since no text in UTF-8 has the byte that ends them.
    mutating func add(_ piece: String) {
        for byte in piece.utf8 { mix(byte) }
        mix(0xFF)
    }

    mutating func add(_ number: Int64) {
        for shift in stride(from: 0, to: 64, by: 8) { mix(UInt8(truncatingIfNeeded: number >> Int64(shift))) }
    }

    private mutating func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
}
