/// Reads the part of a domain name after `xn--` (RFC 3492): letters beyond ASCII written in ASCII.
enum Punycode {
    private static let base: UInt32 = 36
    private static let firstScalar: UInt32 = 128
    private static let firstBias: UInt32 = 72
    /// The most characters of a label of the domain name system.
    static let maxLabel = 63

    /// - Returns: nil if the text is no Punycode.
    static func decode(_ text: some StringProtocol) -> String? {
        guard text.utf8.count <= maxLabel, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let bytes = Array(text.utf8)
        let plainCount = bytes.lastIndex(of: UInt8(ascii: "-")) ?? 0
        var output = bytes[..<plainCount].map(UInt32.init)
        var rest = bytes[(plainCount == 0 ? 0 : plainCount + 1)...]
        var (scalar, place, bias) = (firstScalar, UInt32(0), firstBias)
        while !rest.isEmpty {
            guard let delta = readInteger(&rest, bias: bias) else { return nil }
            let count = UInt32(output.count) + 1
            bias = adapted(delta, count: count, isFirst: place == 0)
            let (sum, overflows) = place.addingReportingOverflow(delta)
            guard !overflows else { return nil }
            // Below 2^32 both, and a scalar is below 2^21.
            guard sum / count < 0x11_0000, Unicode.Scalar(scalar + sum / count) != nil else { return nil }
            scalar += sum / count
            place = sum % count
            output.insert(scalar, at: Int(place))
            place += 1
        }
        return String(String.UnicodeScalarView(output.compactMap(Unicode.Scalar.init)))
    }

    private static func readInteger(_ rest: inout ArraySlice<UInt8>, bias: UInt32) -> UInt32? {
        var (value, weight, k) = (UInt32(0), UInt32(1), base)
        while let digit = rest.popFirst().flatMap(digit) {
            let (step, stepOverflows) = digit.multipliedReportingOverflow(by: weight)
            let (sum, overflows) = value.addingReportingOverflow(step)
            guard !stepOverflows, !overflows else { return nil }
            value = sum
            let threshold = k <= bias ? 1 : min(k - bias, 26)
            if digit < threshold { return value }
            let (next, weightOverflows) = weight.multipliedReportingOverflow(by: base - threshold)
            guard !weightOverflows else { return nil }
            weight = next
            k += base
        }
        return nil
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a"))
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 26
        default: nil
        }
    }

    private static func adapted(_ delta: UInt32, count: UInt32, isFirst: Bool) -> UInt32 {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var k: UInt32 = 0
        while delta > 455 {
            delta /= 35
            k += base
        }
        return k + 36 * delta / (delta + 38)
    }
}
