internal import ArgumentParser

/// Finds the command that was meant by a word that is none.
struct CommandSuggestion {
    /// More changes than these make another word.
    private static let maxDistance = 2

    let arguments: [String]
    let root: any ParsableCommand.Type

    /// Nil where every word that stands for a command is one.
    var text: String? {
        var (command, path) = (root, ["unify"])
        for word in arguments {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty, !word.hasPrefix("-") else { return nil }
            guard let next = subcommands.first(where: { $0._commandName == word }) else {
                return suggestion(for: word, of: subcommands.map { $0._commandName }, after: path)
            }
            command = next
            path.append(word)
        }
        return nil
    }

    private func suggestion(for word: String, of names: [String], after path: [String]) -> String {
        let known = names.filter { !$0.isEmpty }
        let near = known.map { ($0, Self.distance(word, $0)) }.min { $0.1 < $1.1 }
        let parent = path.joined(separator: " ")
        let start = "There is no command '\(parent) \(TerminalText.harmless(String(word.prefix(40))))'. "
        guard let near, near.1 <= min(Self.maxDistance, max(1, near.0.count / 2)) else {
            return start + "There are: \(known.joined(separator: ", "))."
        }
        return start + "Did you mean '\(parent) \(near.0)'?"
    }

    /// How many letters have to be put in, taken out, replaced or swapped with the next one.
    private static func distance(_ first: String, _ second: String) -> Int {
        let (first, second) = (Array(first.lowercased().prefix(40)), Array(second))
        var rows = [Array(0...second.count)]
        for i in first.indices {
            var row = [i + 1]
            for j in second.indices {
                var best = min(rows[i][j] + (first[i] == second[j] ? 0 : 1), row[j] + 1, rows[i][j + 1] + 1)
                if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
                    best = min(best, rows[i - 1][j - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[first.count][second.count]
    }
}
