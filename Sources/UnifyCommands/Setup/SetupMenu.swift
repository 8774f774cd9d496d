internal import ArgumentParser
internal import Foundation

/// The interactive menu. Reads answers line by line, so that a pipe can give them; the end of the input ends it.
struct SetupMenu {
    let options: SettingsOptions

    func run() async throws {
        var hasFailed = false
        while true {
            print(
                """

                Unify set-up
                  1  Create the configuration table
                  2  Initialise one user's database
                  3  Initialise all users' databases
                  4  Test a user's database
                  5  Exit
                """)
            guard let choice = ask("Choice: "), choice != "5" else { break }
            do {
                try await perform(choice)
            } catch is ExitCode {
                // The reason was printed; the menu goes on.
                hasFailed = true
            }
        }
        if hasFailed { throw ExitCode.failure }
    }

    private func perform(_ choice: String) async throws {
        let actions = SetupActions(options: options)
        switch choice {
        case "1": try await actions.createTable()
        case "2": if let user = ask("User id: ") { try await actions.initialize(user) }
        case "3": try await actions.initializeAll()
        case "4": if let user = ask("User id: ") { try await actions.test(user) }
        default: print("Type a number from 1 to 5.")
        }
    }

    private func ask(_ prompt: String) -> String? {
        print(prompt, terminator: "")
        fflush(nil)
        return readLine()?.trimmingCharacters(in: .whitespaces)
    }
}
