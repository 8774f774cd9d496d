internal import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Who did what.",
        discussion: """
            Commands are named as cli:USER@HOST, administrators by their names, and
            the server itself as system.

            Examples:
              unify audit list --user ada --limit 20
              unify audit list --actor cli --action user. --from 2026-11-01
              unify audit export --csv > audit.csv
            """,
        subcommands: [List.self, Export.self])
}
