internal import ArgumentParser
internal import Foundation
internal import Tenancy
internal import UnifyApp

extension KeyCommand {
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new root key, and seal every secret anew, while servers run.",
            discussion: """
                The new key becomes the first line of the key file; the old one stays behind it,
                since copies of the main database are sealed under it. A rotation that was
                stopped goes on with the key that it had made. Where UNIFY_MASTER_KEY holds the
                key, put the new one before the old one, with a comma between, restart the
                servers, and run this.

                --drop-old asks on a terminal; elsewhere it wants --yes. Exits with 2 where some
                secrets could not be opened.

                Examples:
                  unify key rotate
                  unify key rotate --drop-old --yes
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var confirmation: Confirmation

        @Flag(help: "Remove the keys from the file that no secret is sealed under.")
        var dropOld = false

        private struct Rotated: Encodable {
            let keyId: String
            let sealed: Int
            let failed: Int
            /// The ids of the keys that were removed from the file.
            var dropped: [String] = []
        }

        func run() async throws {
            try await CommandRunner.withSystem(options) { system in
                if dropOld { try confirm(system) }
                try await addKeyIfNeeded(system)
                let rotation = KeyRotation(
                    main: system.main, ring: system.keyRing, faults: system.manager.options.faults)
                var (sealed, unopened) = try await sealAll(rotation)
                let status = try await rotation.status()
                if dropOld { unopened = status.unopened }
                var rotated = Rotated(keyId: system.keyRing.current.id, sealed: sealed, failed: unopened.count)
                if dropOld, unopened.isEmpty { rotated.dropped = try await dropUnused(system, status) }
                try output.print(rotated) { lines(rotated, system) }
                guard unopened.isEmpty else {
                    KeyCommand.report(unopened)
                    if dropOld { CommandRunner.fail("No key was removed: one of those secrets may need it.") }
                    throw CommandRunner.partlyFailed
                }
            }
        }

        private func lines(_ rotated: Rotated, _ system: UnifySystem) -> [String] {
            let sealed = "The root key is \(rotated.keyId) now; \(rotated.sealed) secrets were sealed anew"
            guard rotated.failed == 0 else { return ["\(sealed), and \(rotated.failed) could not be."] }
            guard dropOld else { return ["\(sealed)."] }
            let dropped =
                system.settings.masterKey == nil
                ? "Removed \(rotated.dropped.count) old keys from \(system.settings.masterKeyFile)."
                : "UNIFY_MASTER_KEY holds the keys: take the old ones out of it."
            return ["\(sealed).", dropped]
        }

        private func confirm(_ system: UnifySystem) throws {
            guard system.settings.masterKey == nil else { return }
            let file = RootKeyFile(path: system.settings.masterKeyFile)
            try confirmation.require(
                .init(facts: [
                    "After the rotation the old keys are removed from \(file.path), which holds \(try file.read().count) now.",
                    "Copies of the main database from before cannot be opened without them: keep a copy of the file.",
                ]))
        }

        private func sealAll(_ rotation: KeyRotation) async throws -> (sealed: Int, unopened: [UnopenedSecret]) {
            let total = try await rotation.status().keys.filter { !$0.isCurrent }
                .reduce(0) { $0 + $1.secrets - $1.unopened }
            var progress = Progress(total: total)
            let first = try await rotation.run { try progress.set(done: $0, failed: 0) }
            progress.finish()
            // By now servers know the new key; secrets sealed under the old one until now are resealed here.
            try await Task.sleep(for: ChangeFeed.slowInterval + .seconds(1))
            let second = try await rotation.run()
            return (first.sealed + second.sealed, second.unopened)
        }

        /// Adds a key unless a rotation is in progress: the ring's first key is not the main database's, or secrets
        /// are sealed under another key.
        private func addKeyIfNeeded(_ system: UnifySystem) async throws {
            let known = try await KeyCheck(system.main).knownKeyID()
            guard known == system.keyRing.current.id else { return }
            let keys = try await KeyRotation(main: system.main, ring: system.keyRing).status().keys
            // A secret that does not open will not be resealed by this rotation either.
            guard !keys.contains(where: { $0.secrets > $0.unopened && !$0.isCurrent }) else { return }
            guard system.settings.masterKey == nil else {
                throw TenancyError(
                    .invalidConfiguration,
                    "UNIFY_MASTER_KEY holds the key: put a new one (openssl rand -base64 32) before it, with a comma "
                        + "between, restart the servers, and run this again.")
            }
            let file = RootKeyFile(path: system.settings.masterKeyFile)
            // If another rotation has added a key since the file was read, both use that one.
            try file.update { keys in keys.first?.id == known ? [RootKey.random()] + keys : nil }
            try await system.manager.options.faults.reached(FaultPoints.after(KeyRotationStep.file))
            try system.keyRing.reload()
        }

        /// - Returns: the ids of the keys that were removed.
        private func dropUnused(_ system: UnifySystem, _ status: KeyRotation.Status) async throws -> [String] {
            guard system.settings.masterKey == nil else { return [] }
            // Does not include a key that another rotation has added meanwhile.
            let unused = Set(status.keys.filter { $0.secrets == 0 && !$0.isCurrent }.map(\.keyID))
            let file = RootKeyFile(path: system.settings.masterKeyFile)
            let dropped = try file.read().map(\.id).filter { unused.contains($0) }
            guard !dropped.isEmpty else { return [] }
            // Recorded before: their removal is known even if the process ends in between.
            try await system.manager.note("key.drop", detail: dropped.joined(separator: ", "))
            try file.update { keys in keys.filter { !unused.contains($0.id) } }
            try await system.manager.options.faults.reached(FaultPoints.after(KeyRotationStep.drop))
            return dropped
        }
    }
}
