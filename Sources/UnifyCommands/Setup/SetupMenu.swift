internal import ArgumentParser
internal import Foundation

/// The interactive menu. Reads answers line by line, so that a pipe can give them; the end of the input ends it.
struct SetupMenu {
    private static let text = """
        Unify set-up
          1  Create the configuration table
          2  Initialise one user's database
          3  Initialise all users' databases
          4  Test a user's database
          5  Exit
        """

    let options: SettingsOptions

    func run() async throws {
        try await CommandRunner.reportingErrors { try await loop() }
    }

    private func loop() async throws {
        try CommandOutput.line(Self.text)
        var lines = InputLines()
        var hasFailed = false
        while let choice = try ask("Choice (1 to 5): ", &lines), choice != "5" {
            do {
                try await perform(choice, &lines)
            } catch is ExitCode {
                // The reason was printed; the menu continues.
                hasFailed = true
            }
        }
        if hasFailed { throw ExitCode.failure }
    }

    private func perform(_ choice: String, _ lines: inout InputLines) async throws {
        let actions = SetupActions(options: options)
        switch choice {
        case "1": try await actions.createTable()
        case "2": if let user = try ask("User number or name: ", &lines) { try await actions.initialize(user) }
        case "3": try await actions.initializeAll()
        case "4": if let user = try ask("User number or name: ", &lines) { try await actions.test(user) }
        default: try CommandOutput.line("Type a number from 1 to 5.")
        }
    }

    /// - Returns: nil at the end of the input.
    private func ask(_ prompt: String, _ lines: inout InputLines) throws -> String? {
        // A terminal shows it by itself; the reader of a pipe's output sees the question this way.
        if !InputLines.isTerminal { try CommandOutput.raw(prompt) }
        while true {
            do {
                return try lines.next(prompt: prompt, echo: .shown).trimmingCharacters(in: .whitespaces)
            } catch PromptError.endOfInput {
                return nil
            } catch let error as PromptError {
                CommandOutput.note(error.message)
            }
        }
    }
}
