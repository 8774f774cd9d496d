internal import ArgumentParser
internal import Foundation
internal import Tenancy

/// Where a password comes from: never from an argument, which others on the machine can read.
struct PasswordInput: ParsableArguments {
    /// How often a terminal is asked for a password that can be taken.
    static let attempts = 3

    @Flag(help: "Read the password from the first line of the standard input.")
    var passwordStdin = false

    /// Whether a password can be had: from a pipe that was announced, or from somebody at a terminal.
    var canAsk: Bool { passwordStdin || InputLines.isTerminal }

    /// Asks for a password that exists, once.
    /// - Throws: ``TenancyError`` `invalidConfiguration` if there is no terminal to ask at and no `--password-stdin`.
    func read(prompt: String) throws -> Secret<String> {
        try read { lines in
            let text = try lines.next(prompt: "\(prompt): ")
            guard !text.isEmpty else { throw Refusal(message: "No password was given.") }
            return text
        }
    }

    /// Asks for a new password: says what it must be like, judges it, and asks for it once more.
    /// - Parameters:
    ///   - hint: what it must be like.
    ///   - fault: what is wrong with a password, as "must have 12 characters"; nil for a good one.
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

    /// Why what was typed is not taken.
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
        // What comes from a pipe does not change by asking again.
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
