internal import ArgumentParser
internal import Foundation
internal import Tenancy
internal import UnifyApp

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "The root key, under which the passwords of databases are sealed.",
        discussion: "Examples:\n  unify key status\n  unify key rotate",
        subcommands: [Rotate.self, Status.self])

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new root key, and seal every secret anew under it, while servers run.",
            discussion: """
                The new key becomes the first line of the key file; the old one stays behind it, since copies of the main
                database are sealed under it. A rotation that was stopped goes on with the key that it had made. Where
                UNIFY_MASTER_KEY holds the key, put the new one before the old one, with a comma between, restart the
                servers, and run this.

                Examples:
                  unify key rotate
                  unify key rotate --drop-old
                """)

        @OptionGroup var options: SettingsOptions

        @Flag(help: "Remove the keys from the file that no secret of the main database is sealed under.")
        var dropOld = false

        func run() async throws {
            try await CommandRunner.withSystem(options) { system in
                try await addKeyIfNeeded(system)
                let rotation = KeyRotation(
                    main: system.main, ring: system.keyRing, faults: system.manager.options.faults)
                let first = try await rotation.run()
                // Servers have learned of the new key by then; what they sealed until then is sealed anew now.
                try await Task.sleep(for: ChangeFeed.slowInterval + .seconds(1))
                let second = try await rotation.run()
                let count = first.sealed + second.sealed
                print("The root key is \(system.keyRing.current.id) now; \(count) secrets were sealed anew.")
                guard second.unopened.isEmpty else {
                    KeyCommand.report(second.unopened)
                    if dropOld { CommandRunner.fail("No key was removed: one of those secrets may need it.") }
                    throw CommandRunner.partlyFailed
                }
                if dropOld { try await dropUnused(system, rotation) }
            }
        }

        /// A ring whose first key is not the main database's is in the middle of a rotation, as are secrets that are sealed
        /// under another key.
        private func addKeyIfNeeded(_ system: UnifySystem) async throws {
            guard try await KeyCheck(system.main).knownKeyID() == system.keyRing.current.id else { return }
            let keys = try await KeyRotation(main: system.main, ring: system.keyRing).status().keys
            // What does not open will not be sealed anew by this rotation either.
            guard !keys.contains(where: { $0.secrets > $0.unopened && !$0.isCurrent }) else { return }
            guard system.settings.masterKey == nil else {
                throw TenancyError(
                    .invalidConfiguration,
                    "UNIFY_MASTER_KEY holds the key: put a new one (openssl rand -base64 32) before it, with a comma "
                        + "between, restart the servers, and run this again.")
            }
            let file = RootKeyFile(path: system.settings.masterKeyFile)
            try file.replace(with: [RootKey.random()] + (try file.read()))
            try await system.manager.options.faults.reached(FaultPoints.after(KeyRotationStep.file))
            try system.keyRing.reload()
        }

        private func dropUnused(_ system: UnifySystem, _ rotation: KeyRotation) async throws {
            guard system.settings.masterKey == nil else {
                return print("UNIFY_MASTER_KEY holds the keys: take the old ones out of it.")
            }
            let status = try await rotation.status()
            guard status.unopened.isEmpty else {
                KeyCommand.report(status.unopened)
                CommandRunner.fail("No key was removed: one of those secrets may need it.")
                throw CommandRunner.partlyFailed
            }
            let used = Set(status.keys.filter { $0.secrets > 0 || $0.isCurrent }.map(\.keyID))
            let file = RootKeyFile(path: system.settings.masterKeyFile)
            let keys = try file.read()
            let kept = keys.filter { used.contains($0.id) }
            try file.replace(with: kept)
            try await system.manager.options.faults.reached(FaultPoints.after(KeyRotationStep.drop))
            print("Removed \(keys.count - kept.count) old keys from \(file.path).")
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show which keys there are, and how many secrets are sealed under each.",
            discussion: "Exits with 1 where a key is missing, a secret does not open or a rotation is not complete.\n\n"
                + "Example:\n  unify key status --json")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions

        private struct Shown: Encodable {
            let keyId: String
            let isCurrent: Bool
            let isAvailable: Bool
            let secrets: Int
            let unopened: Int
        }

        func run() async throws {
            try await CommandRunner.withSystem(options) { system in
                let status = try await KeyRotation(main: system.main, ring: system.keyRing).status()
                let shown = status.keys.map {
                    Shown(
                        keyId: $0.keyID, isCurrent: $0.isCurrent, isAvailable: $0.isAvailable, secrets: $0.secrets,
                        unopened: $0.unopened)
                }
                let isComplete = !shown.contains { $0.secrets > $0.unopened && !($0.isCurrent && $0.isAvailable) }
                try output.print(shown) {
                    OutputOptions.table(
                        ["KEY", "CURRENT", "HERE", "SECRETS", "NOT OPENING"],
                        shown.map {
                            [
                                $0.keyId, $0.isCurrent ? "yes" : "no", $0.isAvailable ? "yes" : "no", "\($0.secrets)",
                                "\($0.unopened)",
                            ]
                        }) + (isComplete ? [] : ["The rotation is not complete. Run: unify key rotate"])
                }
                KeyCommand.report(status.unopened)
                if !isComplete || !status.unopened.isEmpty { throw ExitCode.failure }
            }
        }
    }

    /// Secrets that are named one by one; of more the number is told.
    static let maxNamed = 20

    private static func report(_ unopened: [UnopenedSecret]) {
        guard !unopened.isEmpty else { return }
        CommandRunner.fail("\(unopened.count) secrets do not open, and were left as they are. What to do: unify doctor")
        for secret in unopened.prefix(maxNamed) { CommandRunner.fail("\(secret)") }
    }
}
