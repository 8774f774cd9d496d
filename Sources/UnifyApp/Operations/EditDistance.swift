/// How far two texts are from each other (Damerau and Levenshtein, without a letter changed twice).
package enum EditDistance {
    /// The number of letters to insert, delete, replace or swap with the next one.
    package static func between<Letter: Equatable>(_ one: [Letter], _ other: [Letter]) -> Int {
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
}
