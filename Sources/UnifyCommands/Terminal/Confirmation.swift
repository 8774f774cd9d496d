internal import ArgumentParser
internal import Tenancy

/// Asks for confirmation before irreversible actions.
struct Confirmation: ParsableArguments {
    @Flag(name: [.customShort("y"), .long], help: "Do it without asking; needed where there is no terminal to ask at.")
    var yes = false

    /// The action to confirm.
    struct Question {
        /// The object and the consequences, for the decision.
        let facts: [String]
        /// The word to type; nil for a plain yes.
        var word: String?
        /// Whether the action can be undone: without a terminal it is then done without a question.
        var canBeUndone = false
    }

    /// - Throws: ``TenancyError`` `invalidConfiguration` if the answer is no; `ValidationError` if there is no
    ///   terminal.
    func require(_ question: Question) throws {
        guard !yes else { return }
        guard InputLines.isTerminal else {
            guard !question.canBeUndone else { return }
            throw UnconfirmedError(facts: question.facts)
        }
        try Self.ask(question)
    }

    /// Asks on the terminal.
    /// - Throws: ``TenancyError`` `invalidConfiguration` if the answer is no.
    static func ask(_ question: Question) throws {
        for fact in question.facts { CommandOutput.note(fact) }
        let prompt = question.word.map { "Type \($0) to go on: " } ?? "Go on? [y/N] "
        var lines = InputLines()
        let answer: String
        do {
            answer = try lines.next(prompt: TerminalText.harmless(prompt), echo: .shown)
        } catch let error as PromptError {
            throw TenancyError(.invalidConfiguration, "\(error.message) Nothing was changed.")
        }
        let isYes = question.word.map { answer == $0 } ?? ["y", "yes"].contains(answer.lowercased())
        guard isYes else { throw TenancyError(.invalidConfiguration, "Not confirmed: nothing was changed.") }
    }
}
