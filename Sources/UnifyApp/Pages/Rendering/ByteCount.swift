/// Sizes for people to read.
package enum ByteCount {
    /// As `53 KB` or `1.2 GB`, with units of 1,024.
    package static func text(_ bytes: Int64) -> String {
        var (value, units) = (Double(bytes), ["B", "KB", "MB", "GB", "TB"][...])
        while value >= 1000, units.count > 1 {
            value /= 1024
            units.removeFirst()
        }
        let unit = units.first ?? ""
        let isWhole = unit == "B" || value >= 10
        let tenths = Int((value * 10).rounded())
        return isWhole ? "\(Int(value.rounded())) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}
