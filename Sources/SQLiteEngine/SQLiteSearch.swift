internal import CSQLite
internal import Tenancy

/// The SQL function that searches text: SQLite's own LIKE only folds the case of ASCII letters.
enum SQLiteSearch {
    /// Takes a text and a text folded by ``CaseFolding``; true if the first contains the second.
    static let function = "unify_contains"

    static func install(on pointer: OpaquePointer) -> Int32 {
        sqlite3_create_function_v2(
            pointer, function, 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nil,
            { context, _, values in
                guard let values, let text = SQLiteSearch.bytes(of: values[0]),
                    let needle = SQLiteSearch.bytes(of: values[1])
                else {
                    return sqlite3_result_null(context)
                }
                sqlite3_result_int(context, SQLiteSearch.contains(text, needle) ? 1 : 0)
            }, nil, nil, nil)
    }

    /// Valid until the function returns.
    private static func bytes(of value: OpaquePointer?) -> UnsafeBufferPointer<UInt8>? {
        guard let text = sqlite3_value_text(value) else { return nil }
        return UnsafeBufferPointer(start: text, count: Int(sqlite3_value_bytes(value)))
    }

    /// Takes time linear in both lengths (Knuth, Morris, Pratt).
    /// - Parameter needle: folded.
    static func contains(_ text: UnsafeBufferPointer<UInt8>, _ needle: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !needle.isEmpty else { return true }
        return withUnsafeTemporaryAllocation(of: (scalar: UInt32, fallback: Int).self, capacity: needle.count) {
            wanted in
            let count = prepare(wanted, needle)
            var (index, matched) = (0, 0)
            while index < text.count {
                let scalar = nextFolded(text, &index)
                while matched > 0, wanted[matched].scalar != scalar { matched = wanted[matched].fallback }
                guard wanted[matched].scalar == scalar else { continue }
                matched += 1
                if matched == count { return true }
            }
            return false
        }
    }

    /// Writes the needle's scalars, each with the length of the needle's prefix that still matches after a mismatch
    /// there.
    private static func prepare(
        _ wanted: UnsafeMutableBufferPointer<(scalar: UInt32, fallback: Int)>, _ needle: UnsafeBufferPointer<UInt8>
    ) -> Int {
        var (index, count) = (0, 0)
        while index < needle.count {
            wanted[count] = (nextFolded(needle, &index), 0)
            count += 1
        }
        var length = 0
        for position in 1..<max(count, 1) {
            wanted[position].fallback = length
            while length > 0, wanted[position].scalar != wanted[length].scalar { length = wanted[length].fallback }
            if wanted[position].scalar == wanted[length].scalar { length += 1 }
        }
        return count
    }

    /// An invalid UTF-8 byte decodes to an invalid scalar, so that it matches nothing.
    @inline(__always)
    private static func nextFolded(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> UInt32 {
        let byte = bytes[index]
        index += 1
        if byte < 0x80 { return UInt32(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) }
        return CaseFolding.folded(longScalar(byte, bytes, &index))
    }

    private static func longScalar(
        _ first: UInt8, _ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int
    ) -> UInt32 {
        let length = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0
        guard length > 0, index + length <= bytes.count else { return .max }
        var scalar = UInt32(first) & (0x3F >> UInt32(length))
        for offset in 0..<length {
            let byte = bytes[index + offset]
            guard byte & 0xC0 == 0x80 else { return .max }
            scalar = scalar << 6 | UInt32(byte & 0x3F)
        }
        index += length
        return scalar
    }
}
