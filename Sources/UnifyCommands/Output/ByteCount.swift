internal import Foundation

/// A number of bytes as people read it. As everywhere in Unify, 1 MB is 1,048,576 bytes.
struct ByteCount {
    let bytes: Int64

    init(_ bytes: Int64) { self.bytes = bytes }

    var text: String {
        let units = ["bytes", "KB", "MB", "GB", "TB"]
        var (value, unit) = (Double(bytes), 0)
        while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        return unit == 0 ? "\(bytes) bytes" : String(format: "%.1f %@", value, units[unit])
    }
}
