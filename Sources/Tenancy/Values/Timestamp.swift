/// An instant in UTC, in whole milliseconds since 1970-01-01T00:00:00Z, not counting leap seconds.
///
/// The text form is RFC 3339 (section 5.6). Years range from 0001 to 9999, which every engine's native type can
/// store.
public struct Timestamp: Sendable, Hashable, Comparable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// This instant plus a duration, truncated to whole milliseconds.
    public func adding(_ duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(milliseconds: milliseconds + seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    static let earliest = Timestamp(milliseconds: -62_135_596_800_000)
    static let latest = Timestamp(milliseconds: 253_402_300_799_999)
}

// MARK: Fields

extension Timestamp {
    /// A UTC date and time of day in fields, as engines' native types store them.
    public struct Fields: Sendable, Hashable {
        /// 1 to 9999.
        public var year: Int64
        /// 1 to 12.
        public var month: Int64
        /// 1 to 31.
        public var day: Int64
        /// 0 to 23.
        public var hour: Int64
        /// 0 to 59.
        public var minute: Int64
        /// 0 to 59.
        public var second: Int64
        /// 0 to 999.
        public var millisecond: Int64

        public init(
            year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64, millisecond: Int64
        ) {
            self.year = year
            self.month = month
            self.day = day
            self.hour = hour
            self.minute = minute
            self.second = second
            self.millisecond = millisecond
        }
    }

    /// - Returns: nil for a date that does not exist, such as MySQL's zero dates, or a year outside 0001 to 9999.
    public init?(_ fields: Fields) {
        guard (1...9999).contains(fields.year), (1...12).contains(fields.month),
            (1...CivilDate.daysIn(month: fields.month, year: fields.year)).contains(fields.day)
        else { return nil }
        let days = CivilDate(year: fields.year, month: fields.month, day: fields.day).daysSince1970
        let minutes = fields.hour * 60 + fields.minute
        self.init(
            milliseconds: days * 86_400_000 + minutes * 60_000 + fields.second * 1000 + fields.millisecond)
    }

    /// The fields of this instant; clamped to the years 0001 to 9999.
    public var fields: Fields {
        let clamped = min(max(self, .earliest), .latest).milliseconds
        let day = clamped.floorDivided(by: 86_400_000)
        let millisecondOfDay = clamped - day * 86_400_000
        let date = CivilDate(daysSince1970: day)
        return Fields(
            year: date.year, month: date.month, day: date.day, hour: millisecondOfDay / 3_600_000,
            minute: millisecondOfDay / 60_000 % 60, second: millisecondOfDay / 1000 % 60,
            millisecond: millisecondOfDay % 1000)
    }
}

// MARK: RFC 3339

extension Timestamp {
    /// Whether text has the form of ``rfc3339``.
    package static func isCanonical(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count == rfc3339Length, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            text[10] == UInt8(ascii: "T"), text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            text[19] == UInt8(ascii: "."), text[23] == UInt8(ascii: "Z")
        else { return false }
        for index in 0..<rfc3339Length where separators & (1 << UInt32(index)) == 0 {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]) else { return false }
        }
        return true
    }

    /// A bit for each position in ``rfc3339`` that has no digit.
    private static let separators: UInt32 = [4, 7, 10, 13, 16, 19, 23].reduce(0) { $0 | 1 << $1 }

    /// Reads an RFC 3339 date and time with any offset; digits beyond milliseconds are dropped.
    ///
    /// - Returns: nil if the text is not RFC 3339, names a date that does not exist, or lies outside the years 0001
    ///   to 9999. A leap second (`:60`) is read as the last millisecond before it.
    public init?(rfc3339 text: String) {
        var text = text
        let parsed = text.withUTF8 { bytes -> Int64? in
            var reader = RFC3339Reader(bytes: bytes)
            return reader.readInstant()
        }
        guard let parsed, (Timestamp.earliest.milliseconds...Timestamp.latest.milliseconds).contains(parsed) else {
            return nil
        }
        self.init(milliseconds: parsed)
    }

    /// The length of ``rfc3339`` in bytes.
    package static let rfc3339Length = 24

    /// The instant as `2026-11-23T23:49:51.123Z`: always 24 characters, always UTC, so that text order is time order.
    public var rfc3339: String {
        String(unsafeUninitializedCapacity: Self.rfc3339Length) { buffer in
            write(rfc3339: buffer)
            return Self.rfc3339Length
        }
    }

    /// Writes ``rfc3339`` into the first ``rfc3339Length`` bytes of memory.
    package func write(rfc3339 buffer: UnsafeMutableBufferPointer<UInt8>) {
        let fields = fields
        func put(_ value: Int64, at index: Int) {
            let value = UInt8(truncatingIfNeeded: value)
            buffer[index] = UInt8(ascii: "0") + value / 10
            buffer[index + 1] = UInt8(ascii: "0") + value % 10
        }
        put(fields.year / 100, at: 0)
        put(fields.year % 100, at: 2)
        buffer[4] = UInt8(ascii: "-")
        put(fields.month, at: 5)
        buffer[7] = UInt8(ascii: "-")
        put(fields.day, at: 8)
        buffer[10] = UInt8(ascii: "T")
        put(fields.hour, at: 11)
        buffer[13] = UInt8(ascii: ":")
        put(fields.minute, at: 14)
        buffer[16] = UInt8(ascii: ":")
        put(fields.second, at: 17)
        buffer[19] = UInt8(ascii: ".")
        buffer[20] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: fields.millisecond / 100)
        put(fields.millisecond % 100, at: 21)
        buffer[23] = UInt8(ascii: "Z")
    }
}

private struct RFC3339Reader {
    let bytes: UnsafeBufferPointer<UInt8>
    var index = 0

    mutating func readInstant() -> Int64? {
        guard let year = number(digits: 4), year >= 1, literal("-"),
            let month = number(digits: 2), (1...12).contains(month), literal("-"),
            let day = number(digits: 2), (1...CivilDate.daysIn(month: month, year: year)).contains(day),
            literal("T") || literal("t") || literal(" "),
            let hour = number(digits: 2), hour < 24, literal(":"),
            let minute = number(digits: 2), minute < 60, literal(":"),
            let second = number(digits: 2), second <= 60,
            let fraction = readFraction(), let offsetMinutes = readOffset(), index == bytes.count
        else { return nil }
        let milliseconds = second == 60 ? 59_999 : second * 1000 + fraction
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        return days * 86_400_000 + (hour * 60 + minute - offsetMinutes) * 60_000 + milliseconds
    }

    private mutating func number(digits: Int) -> Int64? {
        guard index + digits <= bytes.count else { return nil }
        var value: Int64 = 0
        for position in index..<(index + digits) {
            guard let digit = bytes[position].decimalDigit else { return nil }
            value = value * 10 + digit
        }
        index += digits
        return value
    }

    private mutating func literal(_ scalar: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: scalar) else { return false }
        index += 1
        return true
    }

    /// Milliseconds after the whole second; nil if a decimal point has no digit after it.
    private mutating func readFraction() -> Int64? {
        guard literal(".") else { return 0 }
        var value: Int64 = 0
        var scale: Int64 = 100
        let start = index
        while index < bytes.count, let digit = bytes[index].decimalDigit {
            value += digit * scale
            scale /= 10
            index += 1
        }
        return index > start ? value : nil
    }

    private mutating func readOffset() -> Int64? {
        if literal("Z") || literal("z") { return 0 }
        let sign: Int64
        if literal("+") { sign = 1 } else if literal("-") { sign = -1 } else { return nil }
        guard let hours = number(digits: 2), hours < 24, literal(":"), let minutes = number(digits: 2), minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes)
    }
}

extension UInt8 {
    fileprivate var decimalDigit: Int64? {
        let digit = Int64(self) - 48
        return (0...9).contains(digit) ? digit : nil
    }
}
