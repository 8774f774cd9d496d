internal import Foundation

/// How thorough the proof tests are, and where they report: once for each seed in the source in `make test`; more
/// often, with further seeds, in `make prove`.
public enum Proof {
    /// How many times the usual effort to spend.
    public static let factor = max(1, Int(ProcessInfo.processInfo.environment["UNIFY_PROVE"] ?? "") ?? 1)

    /// The given seeds; in a longer run also others, derived from the one seed that the run printed.
    public static func seeds(_ usual: [UInt64]) -> [UInt64] {
        guard factor > 1, let text = ProcessInfo.processInfo.environment["UNIFY_PROVE_SEED"], let seed = UInt64(text)
        else { return usual }
        var random = SeededGenerator(seed: seed)
        return usual + (0..<(usual.count * (factor - 1))).map { _ in UInt64.random(in: 0 ... .max, using: &random) }
    }

    /// Adds figures to the run's report, if there is one. Figures of the same name are summed.
    public static func tell(_ what: String, _ figures: [String: Int]) {
        guard let path = ProcessInfo.processInfo.environment["UNIFY_PROVE_REPORT"],
            let file = fopen(path, "a")
        else { return }
        defer { fclose(file) }
        // One write for each line, so that lines of concurrent tests stay intact.
        for (name, number) in figures.sorted(by: { $0.key < $1.key }) { fputs("\(what)\t\(name)\t\(number)\n", file) }
    }
}

extension IsolationOracle.Report {
    /// Adds the results of this run to the report.
    /// - Parameter place: where the databases were.
    public func tell(at place: String) {
        Proof.tell(
            "isolation, \(place)",
            [
                "steps": steps, "acknowledged writes looked for": writes, "rows of others seen": foreignRows.count,
                "acknowledged writes lost": lostWrites.count, "undone rows seen": undoneRows.count,
                "unexplained errors": unexplained.count,
            ].merging(disturbances.map { ("times: \($0.key.rawValue)", $0.value) }) { $1 })
    }
}
