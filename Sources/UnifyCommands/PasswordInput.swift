internal import ArgumentParser
internal import Foundation
internal import Tenancy

/// Where a password comes from: never from an argument, which others on the machine can read.
struct PasswordInput: ParsableArguments {
    @Flag(help: "Read the password from the first line of the standard input.")
    var passwordStdin = false

    /// - Throws: ``TenancyError`` `invalidConfiguration` where there is no terminal to ask at and no `--password-stdin`.
    func read(prompt: String) throws -> Secret<String> {
        if passwordStdin {
            guard let line = readLine(), !line.isEmpty else {
                throw TenancyError(.invalidConfiguration, "There is no password on the standard input.")
            }
            return Secret(line)
        }
        guard isatty(STDIN_FILENO) != 0 else {
            throw TenancyError(.invalidConfiguration, "Give the password by --password-stdin.")
        }
        let first = try ask(prompt)
        guard try ask("\(prompt) again") == first else {
            throw TenancyError(.invalidConfiguration, "The two passwords are not the same.")
        }
        return Secret(first)
    }

    private func ask(_ prompt: String) throws -> String {
        guard let answer = getpass("\(prompt): ") else {
            throw TenancyError(.invalidConfiguration, "No password was typed.")
        }
        return String(cString: answer)
    }
}
