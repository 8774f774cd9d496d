internal import CMariaDB
internal import Tenancy

/// Instants in the protocol's form: DATETIME in UTC.
enum MySQLTime {
    static func time(_ instant: Timestamp) -> MYSQL_TIME {
        let fields = instant.fields
        var time = MYSQL_TIME()
        time.year = UInt32(fields.year)
        time.month = UInt32(fields.month)
        time.day = UInt32(fields.day)
        time.hour = UInt32(fields.hour)
        time.minute = UInt32(fields.minute)
        time.second = UInt32(fields.second)
        time.second_part = UInt(fields.millisecond) * 1000
        time.time_type = MYSQL_TIMESTAMP_DATETIME
        return time
    }

    /// - Returns: nil for MySQL's zero dates.
    static func instant(_ time: MYSQL_TIME) -> Timestamp? {
        Timestamp(
            Timestamp.Fields(
                year: Int64(time.year), month: Int64(time.month), day: Int64(time.day), hour: Int64(time.hour),
                minute: Int64(time.minute), second: Int64(time.second), millisecond: Int64(time.second_part) / 1000))
    }

    /// `YYYY-MM-DD HH:MM:SS.mmm`, which SQL accepts everywhere; a `T` and a `Z` are not.
    static func text(_ instant: Timestamp) -> String {
        instant.rfc3339.replacing("T", with: " ").replacing("Z", with: "")
    }

    static func text(_ time: MYSQL_TIME) -> String {
        func padded(_ number: UInt32, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return "\(padded(time.year, 4))-\(padded(time.month, 2))-\(padded(time.day, 2)) "
            + "\(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2))"
    }
}
