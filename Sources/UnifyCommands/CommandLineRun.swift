internal import ArgumentParser
internal import Foundation

/// Runs the command of a command line, and ends the process with the resulting status.
///
/// The argument parser's own `main` ignores output that cannot be written.
struct CommandLineRun {
    let arguments: [String]

    func run() async {
        do {
            var command = try await UnifyCommand.asyncParseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    private func end(with error: any Error) -> Never {
        let status = UnifyCommand.exitCode(for: error)
        let text = UnifyCommand.fullMessage(for: error)
        guard status.isSuccess else {
            if !text.isEmpty { CommandOutput.note(suggestion.map { "\(text)\n\n\($0)" } ?? text) }
            exit(status.rawValue)
        }
        do throws(OutputFailure) {
            if !text.isEmpty { try StandardStream.output.write(text + "\n") }
        } catch {
            error.endIfReaderIsGone()
            CommandRunner.fail(error.message)
            exit(EXIT_FAILURE)
        }
        exit(EXIT_SUCCESS)
    }

    /// A suggestion for a misspelt command.
    private var suggestion: String? {
        CommandSuggestion(arguments: arguments, root: UnifyCommand.self).text
    }
}
