/// Finds the name or word that was probably meant.
enum NearestName {
    /// - Returns: nil where none is near.
    static func of(_ text: String, among names: [String]) -> String? {
        let written = letters(text)
        let ranked = names.map { (name: $0, distance: distance(written, letters($0))) }
        if let nearest = ranked.min(by: { $0.distance < $1.distance }),
            nearest.distance <= max(2, written.count / 3), nearest.distance < max(1, letters(nearest.name).count)
        {
            return nearest.name
        }
        let words = Self.words(text)
        let sharing = ranked.map { ($0.name, shared: Self.words($0.name).intersection(words).count, $0.distance) }
            .filter { $0.shared > 0 }
        return sharing.min { ($1.shared, $0.2) < ($0.shared, $1.2) }?.0
    }

    /// How many letters must be put in, taken out, replaced or swapped with the next one.
    static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: other.count + 1)
        var last = Array(0...other.count)
        for (row, letter) in one.enumerated() {
            var line = [row + 1]
            for (column, counterpart) in other.enumerated() {
                var cost = min(
                    last[column + 1] + 1, line[column] + 1, last[column] + (letter == counterpart ? 0 : 1))
                if row > 0, column > 0, letter == other[column - 1], one[row - 1] == counterpart {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                line.append(cost)
            }
            (beforeLast, last) = (last, line)
        }
        return last[other.count]
    }

    /// The letters and digits alone, without regard to case.
    static func letters(_ text: String) -> [UInt8] {
        text.uppercased().utf8.filter { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
    }

    private static func words(_ name: String) -> Set<Substring> {
        Set(name.uppercased().split { !$0.isLetter && !$0.isNumber }).subtracting(["UNIFY", "FILE"])
    }
}
