internal import ArgumentParser
internal import Foundation
internal import Logging
internal import Metrics
internal import ServiceLifecycle
internal import Tenancy
internal import UnifyApp
internal import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server until SIGTERM or SIGINT.",
        discussion: """
            When it is told to end, requests that have begun are answered first; a second
            signal ends it at once.

            Example:
              unify serve --multi-tenant --port 8080

            Settings, from flags, the environment or the file .env:

            \(SettingsReader.names.map { SettingHelp.lines($0.name, $0.meaning) }.joined(separator: "\n"))
            """)

    @OptionGroup var options: SettingsOptions

    @Option(help: "The address to listen on.")
    var host: String?

    @Option(help: "The port to listen on; 0 for any free one.")
    var port: Int?

    @Flag(inversion: .prefixedNo, help: "A database for each user, or one shared database.")
    var multiTenant: Bool?

    func run() async throws {
        try await CommandRunner.reportingErrors {
            let settings = try options.reader(adding: flags).read(
                descriptorLimit: ProcessLimits.raiseDescriptors())
            try await serve(settings)
        }
    }

    private var flags: [String: String] {
        var flags: [String: String] = [:]
        flags["UNIFY_HOST"] = host
        flags["UNIFY_PORT"] = port.map(String.init)
        flags["MULTI_TENANT_MODE"] = multiTenant.map(String.init)
        return flags
    }

    private func serve(_ settings: Settings) async throws {
        // Files of the process are its owner's alone.
        umask(0o077)
        let metrics = PrometheusMetrics()
        MetricsSystem.bootstrap(metrics)
        LoggingSystem.bootstrap { LogfmtHandler(label: $0) }
        var logger = Logger(label: "unify")
        logger.logLevel = settings.logLevel
        let isNew = !settings.hasMainDatabase
        let system = try await UnifySystem.open(settings, .prepare, operatorName: nil, logger: logger)
        try await system.tryMigrations()
        announce(system, isNew: isNew)
        if system.settings.isMultiTenant {
            await warnOfUsersWithoutDatabase(system)
            await warnOfMissingServer(system)
        }
        let server = UnifyServer(
            settings: system.settings, manager: system.manager, accounts: system.accounts, metrics: metrics,
            logger: logger
        ) { port in await tellListening(system, port: port) }
        let group = ServiceGroup(
            configuration: .init(
                services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        let watch = ShutdownWatch(limit: settings.shutdownTimeout, logger: logger)
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await watch.run() }
                tasks.addTask { try await group.run() }
                try await tasks.next()
                tasks.cancelAll()
            }
        } catch let error as TenancyError {
            throw error
        } catch {
            throw TenancyError(.internalFailure, "The server ended: \(error)")
        }
        logger.notice("stopped")
    }

    /// Logs where, and in which mode, the server works.
    private func announce(_ system: UnifySystem, isNew: Bool) {
        let (settings, logger) = (system.settings, system.logger)
        if !settings.serviceLinks.isEmpty {
            logger.notice(
                "variables of the environment are passed over: Kubernetes or Docker adds them for a service",
                metadata: ["names": "\(settings.serviceLinks.joined(separator: ","))"])
        }
        if isNew {
            logger.notice(
                "a new installation was made",
                metadata: ["data": "\(settings.dataDirectory)", "mode": "\(system.mode.rawValue)"])
        }
        if system.isModeByDefault {
            logger.notice(
                "MULTI_TENANT_MODE is not set, so all users share one database; for a database each, set it to true or run: unify mode set multi-tenant"
            )
        }
    }

    private func tellListening(_ system: UnifySystem, port: Int) async {
        let settings = system.settings
        // IPv6 addresses are written in brackets.
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        let url = "http://\(host):\(port)"
        guard isatty(STDERR_FILENO) != 0 else {
            return system.logger.notice(
                "listening",
                metadata: [
                    "url": "\(url)", "multi_tenant": "\(settings.isMultiTenant)",
                    "data": "\(settings.dataDirectory)", "max_connections": "\(settings.pool.maxConnections)",
                ])
        }
        // Only a hint: an unreadable main database is reported elsewhere.
        let administrators = try? await system.main.withDatabase(.read) {
            try await UserRepository($0).list(after: 0, limit: 1, status: .administrator)
        }
        let banner = ServeBanner(
            url: url, mode: system.mode, dataDirectory: settings.dataDirectory,
            hasAdministrator: administrators?.isEmpty == false)
        for line in banner.lines { CommandOutput.note(line) }
    }

    private func warnOfMissingServer(_ system: UnifySystem) async {
        // Only a hint: an unreadable main database is reported elsewhere.
        guard (try? await system.manager.hasPlaceForNewDatabases()) == false else { return }
        let engine = system.settings.defaultEngine.rawValue
        system.logger.warning(
            "nobody can register: no server of the default engine takes new databases",
            metadata: [
                "UNIFY_DEFAULT_ENGINE": "\(engine)",
                "remedy": "unify server add NAME --engine \(engine) --host HOST --login LOGIN",
            ])
    }

    private func warnOfUsersWithoutDatabase(_ system: UnifySystem) async {
        // Only a hint: an unreadable main database is reported elsewhere.
        guard let count = try? await system.manager.countUsersWithoutDatabase(), count > 0 else { return }
        system.logger.notice(
            "some users have no database; they get an empty one when they next sign in, and rows in the shared database stay there until migrate-from-shared copies them",
            metadata: ["users": "\(count)"])
    }
}
