internal import ArgumentParser
internal import Foundation
internal import Tenancy

struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Make the main database and users' databases; without a subcommand, from a menu.",
        discussion: """
            Examples:
              unify setup
              unify setup create-table
              unify setup init --all
              printf '3\\n5\\n' | unify setup
            """,
        subcommands: [CreateTableCommand.self, InitCommand.self, TestCommand.self])

    @OptionGroup var options: SettingsOptions

    func run() async throws { try await SetupMenu(options: options).run() }
}

struct CreateTableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-table", abstract: "Make the main database with its configuration table.",
        discussion: "Example:\n  unify setup create-table")

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await SetupActions(options: options, printsJSON: output.json).createTable()
    }
}

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make one user's database, or those of all who have none.",
        discussion: """
            --all can be stopped at any time, and goes on when it is run again. With --json
            it prints one object a line: progress, and at last the end.

            Examples:
              unify setup init 5
              unify setup init --all
            """)

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var provisioning: ProvisioningOptions
    @OptionGroup var password: PasswordInput

    @Argument(help: "The user's number or name.")
    var userID: String?

    @Flag(help: "Every user who has no database.")
    var all = false

    func validate() throws {
        guard (userID != nil) != all else { throw ValidationError("Give one USER_ID, or --all.") }
    }

    func run() async throws {
        try await CommandRunner.reportingErrors {
            // An operator's own login has a password that Unify cannot generate.
            let isAsked = password.passwordStdin || (provisioning.login != nil && InputLines.isTerminal)
            let secret = isAsked ? try password.read(prompt: "Password of \(provisioning.login ?? "the login")") : nil
            let request = provisioning.request(password: secret)
            let actions = SetupActions(options: options, printsJSON: output.json)
            if let userID {
                try await actions.initialize(userID, request)
            } else {
                try await actions.initializeAll(request)
            }
        }
    }
}

struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Test a user's database.", discussion: "Example:\n  unify setup test 5")

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The user's number or name.")
    var userID: String

    func run() async throws { try await SetupActions(options: options, printsJSON: output.json).test(userID) }
}
