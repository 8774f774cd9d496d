internal import ArgumentParser
internal import Foundation
internal import UnifyApp

/// The flags that select the installation.
struct SettingsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of the databases and the key file.", valueName: "path"))
    var dataDir: String?

    @Option(
        help: ArgumentHelp(
            "Where the main database is: sqlite:PATH, or postgresql, mysql or sqlserver with ://LOGIN@HOST:PORT/NAME, without the password.",
            valueName: "url"))
    var mainDatabaseURL: String?

    /// Arguments are seen by everybody on the machine.
    func validate() throws {
        guard let rest = mainDatabaseURL?.split(separator: "://", maxSplits: 1).dropFirst().first,
            let credentials = rest.lastIndex(of: "@").map({ rest[..<$0] }), credentials.contains(":")
        else { return }
        throw ValidationError(
            "--main-database-url holds a password, which everybody on this machine sees among the processes. Put it into the "
                + "environment or .env as UNIFY_MAIN_DATABASE_URL, or into a file of mode 0600 named by "
                + "UNIFY_MAIN_DATABASE_URL_FILE.")
    }

    var flags: [String: String] {
        var flags: [String: String] = [:]
        flags["UNIFY_DATA_DIR"] = dataDir
        flags["UNIFY_MAIN_DATABASE_URL"] = mainDatabaseURL
        return flags
    }

    func reader(adding more: [String: String] = [:]) -> SettingsReader {
        SettingsReader(flags: flags.merging(more) { $1 }, environment: ProcessInfo.processInfo.environment)
    }
}
