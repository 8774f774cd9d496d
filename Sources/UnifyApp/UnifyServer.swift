internal import Hummingbird
internal import HummingbirdCore
public import Logging
internal import NIOCore
public import ServiceLifecycle
public import Tenancy

/// The server: HTTP routes, and the services that maintain it.
///
/// As a service it runs until its group shuts down; then it accepts no new connections, answers running requests, and
/// closes the databases.
public struct UnifyServer: Service {
    /// Connections at a time on the port of operations.
    static let operationsClients = 64

    private let settings: Settings
    private let manager: MultiTenantDatabaseManager
    private let accounts: Accounts
    private let metrics: PrometheusMetrics
    private let time: any TimeSource
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameter onListening: called with the port when the server accepts connections.
    public init(
        settings: Settings, manager: MultiTenantDatabaseManager, accounts: Accounts, metrics: PrometheusMetrics,
        time: any TimeSource = SystemTimeSource(), logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.settings = settings
        self.manager = manager
        self.accounts = accounts
        self.metrics = metrics
        self.time = time
        self.logger = logger
        self.onListening = onListening
    }

    public func run() async throws {
        // Only what must precede serving users. The manager, which runs as a service, completes unfinished work.
        try await manager.prepare()
        ExportFolder(dataDirectory: settings.dataDirectory).removeLeftovers()
        let sizes = FleetSizes()
        let storage = StorageGuard(
            limits: settings.storageLimits, dataDirectory: settings.dataDirectory, sizes: sizes, time: time)
        let readiness = Readiness(dataDirectory: settings.dataDirectory, storage: storage)
        let modes = ModeWatch(
            installation: Installation(manager.main), mode: settings.isMultiTenant ? .multiTenant : .single,
            logger: logger)
        let throttle = UserConcurrencyLimiter(limits: settings.userLimits, time: time)
        let bodies = IncomingBodies()
        let ended = EndedSessions(accounts: accounts, throttle: throttle, bodies: bodies)
        let feed = ChangeFeed(main: manager.main, logger: logger) { [manager, accounts] change in
            modes.apply(change)
            await manager.apply(change)
            accounts.apply(change)
            await ended.follow(change)
        }
        let connections = ClientConnections(limit: settings.maxClients)
        let sampler = ConsoleSampler(
            manager: manager, metrics: metrics, traffic: TrafficHistory(), sizes: sizes, time: time,
            logger: logger)
        let deleted = DeletedItems(time: time)
        let (responder, operations) = try responders(readiness, sampler, deleted, storage, throttle, bodies)
        let application = listening(responder, connections, host: settings.host, port: settings.port) { channel in
            await onListening(channel.localAddress?.port ?? settings.port)
        }
        let housekeeping = Housekeeping(
            accounts: accounts, manager: manager, deletionGrace: settings.deletionGrace, time: time, logger: logger)
        let journal = SignInJournalService(accounts: accounts, time: time, logger: logger)
        // Services stop in the reverse of this order: the application first, the databases last.
        var services: [any Service] = [manager, feed, housekeeping, sampler, deleted, journal]
        if let port = settings.operationsPort {
            let connections = ClientConnections(limit: Self.operationsClients)
            services.append(listening(operations, connections, host: "127.0.0.1", port: port))
        }
        let members = (services + [application]).map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
        // A change of the mode lets running requests end.
        let watch = ServiceGroupConfiguration.ServiceConfiguration(
            service: modes, failureTerminationBehavior: .gracefullyShutdownGroup)
        let group = ServiceGroup(configuration: .init(services: [watch] + members, logger: logger))
        try await withGracefulShutdownHandler {
            try await group.run()
        } onGracefulShutdown: {
            readiness.startDraining()
            connections.stopAccepting()
        }
        await manager.main.close()
    }

    private func listening(
        _ responder: UnifyResponder, _ connections: ClientConnections, host: String, port: Int,
        onListening: @escaping @Sendable (any Channel) async -> Void = { _ in }
    ) -> ListeningService {
        let handlers = { @Sendable [limits = settings.clientTimeLimits] in
            [ClientConnectionHandler(connections: connections, limits: limits)]
        }
        let application = Application(
            responder: responder,
            server: HTTPServerBuilder { responder in
                EventLoopChannel(
                    HTTP1Channel(responder: responder, configuration: .init(additionalChannelHandlers: handlers())))
            },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: nil, backlog: 1024,
                availableConnectionsDelegate: ClientConnections.Delegate(connections: connections)),
            onServerRunning: onListening, logger: logger)
        return ListeningService(application: application, host: host, port: port)
    }

    /// The responders of the main port and of the operations port.
    private func responders(
        _ readiness: Readiness, _ sampler: ConsoleSampler, _ deleted: DeletedItems, _ storage: StorageGuard,
        _ throttle: UserConcurrencyLimiter, _ bodies: IncomingBodies
    ) throws -> (UnifyResponder, operations: UnifyResponder) {
        let quota =
            settings.isMultiTenant
            ? StorageQuota(
                manager: manager, limits: settings.userLimits, storage: storage, time: time, logger: logger) : nil
        let data: UserData =
            settings.isMultiTenant
            ? .perUser(manager)
            : .shared(manager.main, isFiltered: !settings.disabledSafeguards.contains(.userFilter))
        let authenticator = Authenticator(
            accounts: accounts, publicURL: settings.publicURL, cookieName: settings.cookieName)
        let account = AccountActions(
            accounts: accounts, throttle: SignInThrottle(time: time),
            registrations: RegistrationThrottle(
                limits: settings.registrationLimits, sparesThisMachine: settings.publicURL == nil, time: time),
            policy: settings.registration, storage: storage, cookie: authenticator.cookie,
            pendingCookie: .pendingSignIn(settings.cookieName, isSecure: settings.publicURL?.isSecure ?? false),
            linkCookie: .passwordLink(settings.cookieName, isSecure: settings.publicURL?.isSecure ?? false))
        let tasks = ItemActions<TaskItem>(data: data, quota: quota, storage: storage, time: time)
        let notes = ItemActions<NoteItem>(data: data, quota: quota, storage: storage, time: time)
        let events = ItemActions<EventItem>(data: data, quota: quota, storage: storage, time: time)
        let operations = OperationsController(
            main: manager.main, manager: manager, metrics: metrics, readiness: readiness, sizes: sampler.sizes,
            isMultiTenant: settings.isMultiTenant, openAPI: ByteBuffer(bytes: PackageResources.openapi_yaml))
        let controllers: [[Endpoint]] = [
            AccountController(
                actions: account, manager: manager, limits: settings.userLimits,
                isMultiTenant: settings.isMultiTenant
            ).endpoints,
            ItemController(actions: tasks).endpoints, ItemController(actions: notes).endpoints,
            ItemController(actions: events).endpoints,
            ExportController(
                accounts: accounts, data: data, folder: ExportFolder(dataDirectory: settings.dataDirectory),
                limits: settings.exportLimits, reservedBytes: settings.storageLimits.diskReserveBytes, time: time
            ).endpoints,
            AdminController(manager: manager, accounts: accounts).endpoints,
            JobController(manager: manager).endpoints,
            DataAccessController(accounts: accounts).endpoints,
            SecurityEventController(accounts: accounts).endpoints, SessionController(accounts: accounts).endpoints,
            RecoveryController(actions: account).endpoints,
            AdminUserController(accounts: accounts, settings: settings).endpoints,
            SecondFactorController(actions: account).endpoints, operations.endpoints, [operations.description],
        ]
        let renderer = PageRenderer(
            templates: try PageTemplates(), time: time, undoCookie: UndoCookie(session: settings.cookieName),
            takesNewAccounts: settings.registration != .closed)
        let errors = RecentErrors(time: time)
        let environment = ConsoleEnvironment(
            renderer: renderer, manager: manager, accounts: accounts,
            confirmation: PasswordConfirmation(renderer: renderer, actions: account), settings: settings,
            traffic: sampler.traffic, sizes: sampler.sizes, counts: FleetCounts(main: manager.main, time: time),
            errors: errors, time: time,
            logger: logger)
        let pages = Pages(
            renderer: renderer, authenticator: authenticator,
            endpoints: [
                SignInPages(
                    renderer: renderer, actions: account, authenticator: authenticator,
                    isMultiTenant: settings.isMultiTenant, deletionGrace: settings.deletionGrace
                ).endpoints,
                TaskPages(renderer: renderer, actions: tasks, deleted: deleted).endpoints,
                NotePages(renderer: renderer, actions: notes, deleted: deleted).endpoints,
                EventPages(renderer: renderer, actions: events, deleted: deleted).endpoints,
                UndoPages(renderer: renderer, deleted: deleted, tasks: tasks, notes: notes, events: events)
                    .endpoints,
                AccountPages(
                    renderer: renderer, actions: account, manager: manager, limits: settings.userLimits,
                    isMultiTenant: settings.isMultiTenant, deletionGrace: settings.deletionGrace
                ).endpoints,
                SecondFactorPages(renderer: renderer, actions: account).endpoints,
                RecoveryPages(renderer: renderer, actions: account).endpoints,
                OverviewPages(environment: environment).endpoints, DatabasePages(environment: environment).endpoints,
                DatabasePage(environment: environment).endpoints, UserPages(environment: environment).endpoints,
                JobPages(environment: environment).endpoints,
                PoolPages(environment: environment).endpoints, ServerPages(environment: environment).endpoints,
                AuditPages(environment: environment).endpoints,
                SettingsPages(environment: environment).endpoints,
                ConsoleStream(environment: environment, authenticator: authenticator).endpoints,
            ])
        let anonymousThrottle = AnonymousThrottle(sparesThisMachine: settings.publicURL == nil, time: time)
        let forwarding = ForwardingWatch(
            publicURL: settings.publicURL, proxies: settings.trustedProxies, logger: logger)
        func responder(_ endpoints: [Endpoint], isForOperations: Bool) -> UnifyResponder {
            let door = OperationsDoor(
                token: settings.metricsToken, isOpenToThisMachine: isForOperations || settings.publicURL == nil)
            return UnifyResponder(
                endpoints: endpoints, pages: pages, publicURL: settings.publicURL, forwarding: forwarding, time: time
            ) { endpoint in
                EndpointGate(
                    endpoint: endpoint, authenticator: authenticator,
                    bodies: bodies, throttle: throttle,
                    anonymousThrottle: anonymousThrottle, operations: door, errors: errors,
                    proxies: settings.trustedProxies,
                    adminSecondFactor: settings.adminSecondFactor)
            }
        }
        return (
            responder(controllers.flatMap { $0 } + pages.endpoints, isForOperations: false),
            responder(operations.endpoints, isForOperations: true)
        )
    }
}
