internal import Foundation

/// Measures the library beside SQLite's own C interface, alternating, in one run, and prints medians and their ratio.
@main
struct Main {
    static let rounds = 5

    static func main() async throws {
        let bench = try await LibraryBenchmark.prepare()
        print(
            "case                              ours        floor       ratio   (µs each, medians of \(rounds) rounds)")
        for item in bench.cases {
            var ours: [Double] = []
            var floor: [Double] = []
            for _ in 0..<rounds {
                floor.append(try item.floor())
                ours.append(try await item.ours())
            }
            let (mine, theirs) = (median(ours), median(floor))
            let cells = [
                item.name.padding(toLength: 32, withPad: " ", startingAt: 0), String(format: "%9.2f", mine),
                theirs > 0 ? String(format: "%11.2f", theirs) : "          -",
                theirs > 0 ? String(format: "%9.2f", mine / theirs) : "        -",
            ]
            print(cells.joined(separator: "  "))
        }
        await bench.close()
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
