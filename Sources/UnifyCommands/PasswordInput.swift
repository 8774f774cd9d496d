internal import ArgumentParser
internal import Foundation
internal import Tenancy

/// The source of a password: never an argument, which others on the machine can read.
struct PasswordInput: ParsableArguments {
    /// How often a terminal is asked for an acceptable password.
    static let attempts = 3

    @Flag(help: "Read the password from the first line of the standard input.")
    var passwordStdin = false

    /// Whether a password can be read: from an announced pipe, or from a terminal.
    var canAsk: Bool { passwordStdin || InputLines.isTerminal }

    /// Asks once for an existing password.
    /// - Throws: ``TenancyError`` `invalidConfiguration` if there is no terminal and no `--password-stdin`.
    func read(prompt: String) throws -> Secret<String> {
        try read { lines in
            let text = try lines.next(prompt: "\(prompt): ")
            guard !text.isEmpty else { throw Refusal(message: "No password was given.") }
            return text
        }
    }

    /// Asks for a new password: states the rules, checks them, and asks for it once more.
    /// - Parameters:
    ///   - hint: the rules.
    ///   - fault: what is wrong with a password, as "must have 12 characters"; nil if acceptable.
    func readNew(prompt: String, hint: String, fault: (Secret<String>) -> String?) throws -> Secret<String> {
        if !passwordStdin, InputLines.isTerminal { CommandOutput.note(hint) }
        return try read { lines in
            let text = try lines.next(prompt: "\(prompt): ")
            if let fault = fault(Secret(text)) { throw Refusal(message: "The password \(fault).") }
            guard !passwordStdin else { return text }
            guard try lines.next(prompt: "\(prompt) again: ") == text else {
                throw Refusal(message: "The two passwords are not the same.")
            }
            return text
        }
    }

    /// Why the input was refused.
    private struct Refusal: Error {
        let message: String
    }

    private func read(_ ask: (inout InputLines) throws -> String) throws -> Secret<String> {
        guard canAsk else {
            throw TenancyError(
                .invalidConfiguration, "There is no terminal to ask at. Give the password by --password-stdin.")
        }
        var lines = InputLines()
        var reason = ""
        // Asking again does not change the input of a pipe.
        for attempt in (0..<(passwordStdin ? 1 : Self.attempts)).reversed() {
            do {
                return Secret(try ask(&lines))
            } catch let error as Refusal {
                reason = error.message
            } catch PromptError.endOfInput {
                throw TenancyError(
                    .invalidConfiguration,
                    passwordStdin ? "There is no password on the standard input." : "No password was typed.")
            } catch let error as PromptError {
                reason = "The password cannot be taken: \(error.message)"
            }
            if attempt > 0 { CommandOutput.note("\(reason) Try again.") }
        }
        throw TenancyError(
            .invalidConfiguration,
            passwordStdin ? reason : "\(reason) Nothing was changed after \(Self.attempts) attempts.")
    }
}
