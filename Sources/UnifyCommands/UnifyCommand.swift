public import ArgumentParser
internal import Foundation

/// The operator's command.
public struct UnifyCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "unify",
        abstract: "A database for each user: serve, set up, look after.",
        discussion: """
            Examples:
              MULTI_TENANT_MODE=true unify serve
              unify user create --username ada --email ada@example.org --admin
              unify doctor

            Settings come from flags, the environment and the file .env;
            'unify serve --help' lists them.
            Exit codes: 0 done, 1 failed, 2 partly failed, 64 wrong usage.
            """,
        version: UnifyVersion.current,
        subcommands: [
            ServeCommand.self, SetupCommand.self, UserCommand.self, DatabaseCommand.self, ServerCommand.self,
            JobCommand.self, KeyCommand.self, ModeCommand.self, AuditCommand.self, DoctorCommand.self,
        ])

    public init() {}

    /// Runs the process's command line; ends the process on failure.
    public static func run() async {
        ProcessLimits.forbidCoreFiles()
        StandardStream.occupyClosed()
        await CommandLineRun(arguments: Array(CommandLine.arguments.dropFirst())).run()
    }
}

/// The version of this program.
enum UnifyVersion {
    static let current = "0.1.0"
}
