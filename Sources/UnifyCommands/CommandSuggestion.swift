internal import ArgumentParser
internal import UnifyApp

/// Finds the command that was meant by a word that is none.
struct CommandSuggestion {
    /// Words that differ more are unrelated.
    private static let maxDistance = 2

    let arguments: [String]
    let root: any ParsableCommand.Type

    /// Nil if every command word is known.
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
        let written = Array(word.lowercased().prefix(40))
        let near = known.map { ($0, EditDistance.between(written, Array($0))) }.min { $0.1 < $1.1 }
        let parent = path.joined(separator: " ")
        let start = "There is no command '\(parent) \(TerminalText.harmless(String(word.prefix(40))))'. "
        guard let near, near.1 <= min(Self.maxDistance, max(1, near.0.count / 2)) else {
            return start + "There are: \(known.joined(separator: ", "))."
        }
        return start + "Did you mean '\(parent) \(near.0)'?"
    }
}
