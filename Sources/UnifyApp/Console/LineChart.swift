/// A small line chart as SVG shows it: points from left to right, the largest value at the top.
struct LineChart {
    static let (width, height) = (240.0, 56.0)

    let label: String
    /// The points of the line.
    let line: String
    /// The path of the ground under it.
    let area: String
    let isBad: Bool

    /// - Parameters:
    ///   - label: a description of the chart for people who cannot see it.
    ///   - span: how many values fill the width; fewer values are aligned right. Nil to fit all values.
    init(_ values: [Double], label: String, span: Int? = nil, isBad: Bool = false) {
        self.label = label
        self.isBad = isBad
        let span = max(2, span ?? values.count)
        let top = max(values.max() ?? 0, .leastNonzeroMagnitude)
        let step = Self.width / Double(span - 1)
        // One value alone is a line too.
        let values = values.count == 1 ? [values[0], values[0]] : values
        let points = values.enumerated().map { index, value in
            let x = Self.width - Double(values.count - 1 - index) * step
            let y = Self.height - 2 - value / top * (Self.height - 6)
            return "\(Self.text(x)),\(Self.text(y))"
        }
        line = points.joined(separator: " ")
        let first = points.first?.split(separator: ",").first ?? "0"
        area =
            points.isEmpty
            ? ""
            : "M\(first),\(Int(Self.height)) L\(line.replacing(" ", with: " L")) L\(Int(Self.width)),\(Int(Self.height)) Z"
    }

    /// With one digit after the point.
    private static func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}
