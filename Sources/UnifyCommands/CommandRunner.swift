internal import ArgumentParser
internal import Foundation
internal import Logging
internal import Tenancy
internal import UnifyApp

/// Runs a command's work and turns errors into a line on the standard error stream and an exit code.
enum CommandRunner {
    /// Exit code 2: some users failed, others did not.
    static let partlyFailed = ExitCode(2)

    /// Whether a command reads or changes the installation.
    enum Effect { case reads, writes }

    /// - Parameter mode: how to treat the configured mode; nil for the command's default. A read-only command does
    ///   not record the mode, because that would end a server running in another one.
    static func withSystem(
        _ options: SettingsOptions, _ opening: UnifySystem.MainOpening = .require, effect: Effect = .writes,
        mode: UnifySystem.ModeRule? = nil, _ body: (UnifySystem) async throws -> Void
    ) async throws {
        try await reportingErrors {
            let settings = try options.reader().read(descriptorLimit: ProcessLimits.raiseDescriptors())
            let isNew = opening != .require && !settings.hasMainDatabase
            let fitting: UnifySystem.ModeRule =
                effect == .reads && !isNew && opening != .prepare ? .read : .settle
            let system = try await UnifySystem.open(settings, opening, mode: mode ?? fitting, logger: quietLogger())
            if isNew {
                CommandOutput.note(
                    "Made a new installation in \(settings.dataDirectory), in \(system.mode.rawValue) mode.")
            } else if effect == .writes, !settings.namesInstallation {
                CommandOutput.note("Installation: \(settings.dataDirectory)")
            }
            do {
                try await body(system)
            } catch {
                await system.close()
                throw error
            }
            await system.close()
        }
    }

    /// A command prints its results and errors itself; only what nothing else reports is logged.
    static func quietLogger() -> Logger {
        Logger(label: "unify") { _ in SwiftLogNoOpLogHandler() }
    }

    static func reportingErrors(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as TenancyError {
            fail(message(of: error))
            throw ExitCode.failure
        } catch let error as AccountConflict {
            fail(error.message)
            throw ExitCode.failure
        } catch let error as UnconfirmedError {
            fail(error.message)
            throw ExitCode.validationFailure
        } catch let error as OutputFailure {
            error.endIfReaderIsGone()
            fail(error.message)
            throw ExitCode.failure
        }
    }

    static func fail(_ message: String) { CommandOutput.note("unify: \(message)") }

    static func message(of error: TenancyError) -> String {
        guard let cause = error.cause as? TenancyError else { return error.message }
        return "\(error.message) (\(cause.message))"
    }
}
