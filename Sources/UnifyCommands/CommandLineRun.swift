internal import ArgumentParser
internal import Foundation

/// Runs the command of a command line, and ends the process with the resulting status.
///
/// The argument parser's own `main` ignores output that cannot be written. And it ends by exit(3), which takes the C
/// libraries down while threads that still close connections use them.
struct CommandLineRun {
    let arguments: [String]

    func run() async -> Never {
        do {
            var command = try await UnifyCommand.asyncParseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            Self.end(with: EXIT_SUCCESS)
        } catch {
            end(with: error)
        }
    }

    private func end(with error: any Error) -> Never {
        let status = UnifyCommand.exitCode(for: error)
        let text = UnifyCommand.fullMessage(for: error)
        guard status.isSuccess else {
            if !text.isEmpty { CommandOutput.note(suggestion.map { "\(text)\n\n\($0)" } ?? text) }
            Self.end(with: status.rawValue)
        }
        do throws(OutputFailure) {
            if !text.isEmpty { try StandardStream.output.write(text + "\n") }
        } catch {
            error.endIfReaderIsGone()
            CommandRunner.fail(error.message)
            Self.end(with: EXIT_FAILURE)
        }
        Self.end(with: EXIT_SUCCESS)
    }

    private static func end(with status: CInt) -> Never {
        fflush(nil)
        _exit(status)
    }

    /// A suggestion for a misspelt command.
    private var suggestion: String? {
        CommandSuggestion(arguments: arguments, root: UnifyCommand.self).text
    }
}
