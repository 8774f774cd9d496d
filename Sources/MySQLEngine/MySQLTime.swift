internal import CMariaDB
internal import Tenancy

/// Instants as the protocol writes them: DATETIME in UTC.
enum MySQLTime {
    static func time(_ instant: Timestamp) -> MYSQL_TIME {
        var time = MYSQL_TIME()
        // Always `0001-01-01T00:00:00.000Z`, 24 characters.
        let digits = instant.rfc3339.utf8.map { UInt32($0 &- UInt8(ascii: "0")) }
        func number(_ range: Range<Int>) -> UInt32 { digits[range].reduce(0) { $0 * 10 + $1 } }
        time.year = number(0..<4)
        time.month = number(5..<7)
        time.day = number(8..<10)
        time.hour = number(11..<13)
        time.minute = number(14..<16)
        time.second = number(17..<19)
        time.second_part = UInt(number(20..<23)) * 1000
        time.time_type = MYSQL_TIMESTAMP_DATETIME
        return time
    }

    /// - Returns: nil for what is no instant: MySQL's zero dates.
    static func instant(_ time: MYSQL_TIME) -> Timestamp? {
        guard (1...9999).contains(time.year), (1...12).contains(time.month), (1...31).contains(time.day) else {
            return nil
        }
        let seconds = Int64(time.hour) * 3600 + Int64(time.minute) * 60 + Int64(time.second)
        return Timestamp(
            milliseconds: daysSince1970(Int64(time.year), Int64(time.month), Int64(time.day)) * 86_400_000
                + seconds * 1000 + Int64(time.second_part) / 1000)
    }

    /// `YYYY-MM-DD HH:MM:SS.mmm`, which stands in SQL; a `T` and a `Z` do not everywhere.
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

    /// Howard Hinnant's `days_from_civil`, for years from 1 on: years are counted from March.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = marchYear / 400
        let yearOfEra = marchYear % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
