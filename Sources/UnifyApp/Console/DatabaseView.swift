internal import Tenancy

/// The view of the template `database`.
struct DatabaseView {
    struct Check {
        let name: String
        let isOK: Bool
        let detail: String
    }

    struct Failure {
        let date: String
        let route: String
        let status: Int
        let code: String
        let requestID: String
    }

    struct Trouble {
        let label: String
        let words: String
        let since: String?
        let remedy: String
        let repairs: [Repair]
    }

    /// Leads to the form that does it.
    struct Repair {
        let label: String
        let target: String
    }

    struct Danger {
        let action: String
        let label: String
        let explanation: String
        let field: FieldView
        let general: String?
        let isOpen: Bool
    }

    private let time: PageTime
    private let isActive: Bool
    private let isDeleted: Bool

    let path: String
    let username: String
    let standing: String
    let isAdmin: Bool
    let account: [LabelledValue]
    let canResume: Bool
    let canRestore: Bool
    private(set) var hasDatabase = false
    private(set) var state: String?
    private(set) var config: [LabelledValue] = []
    private(set) var pool: [LabelledValue] = []
    private(set) var sizes: LineChart?
    private(set) var sizesText: String?
    private(set) var checks: [Check] = []
    private(set) var testText: String?
    /// Nil for a healthy database.
    private(set) var trouble: Trouble?
    private var repairs: [DangerousAction] = []
    var canInitialize = false
    var hasSecondFactor = false
    private(set) var failures: [Failure] = []
    private(set) var hasFailures = false
    private(set) var audit: [AuditRow] = []
    private(set) var auditPath: String
    private(set) var dangers: [Danger] = []
    private(set) var identity: AccountView.Form?
    private let email: String
    private var hasLogin = false

    init(_ user: UserAccount, time: PageTime) {
        self.time = time
        isActive = user.isActive
        isDeleted = user.deletedAt != nil
        path = ConsoleEnvironment.path(of: user.id)
        username = user.username
        email = user.email
        isAdmin = user.isAdmin
        standing = user.standing
        canRestore = user.deletedAt != nil
        canResume = !user.isActive && user.deletedAt == nil
        auditPath = "\(PagePlace.audit.path)?user=\(user.id)"
        account =
            [
                LabelledValue(name: "Number", value: "\(user.id)"), LabelledValue(name: "Email", value: user.email),
                LabelledValue(name: "Since", value: time.dateAndClock(user.createdAt)),
            ] + (user.deletedAt.map { [LabelledValue(name: "Deleted", value: time.dateAndClock($0))] } ?? [])
    }

    /// Everything of the config but its secrets.
    mutating func add(
        _ statistics: MultiTenantDatabaseManager.DatabaseStatistics, pool: MultiTenantDatabaseManager.PoolStatistics
    ) {
        let config = statistics.config
        hasDatabase = true
        hasLogin = config.login != nil
        state = config.state.rawValue
        let facts: [(String, String?)] = [
            ("Engine", config.engine.label), ("Server", statistics.serverName), ("Host", config.host),
            ("Port", config.port.map { "\($0)" }), ("Name", config.displayName), ("Login", config.login),
            ("TLS", config.host == nil ? nil : config.tls.description), ("File", config.path),
            ("Size", statistics.sizeBytes.map(ByteCount.text) ?? "not known: it cannot be reached"),
            ("Changed", statistics.lastModified.map(time.dateAndClock)), ("Schema", "version \(config.schemaVersion)"),
            ("Epoch", "\(config.epoch)"), ("UUID", config.uuid.text), ("Made", time.dateAndClock(config.createdAt)),
        ]
        self.config = facts.compactMap { name, value in value.map { LabelledValue(name: name, value: $0) } }
        self.pool = [
            LabelledValue(name: "Open", value: GroupedNumber.text(pool.open)),
            LabelledValue(name: "Idle", value: GroupedNumber.text(pool.idle)),
            LabelledValue(name: "Leased", value: GroupedNumber.text(pool.leased)),
            LabelledValue(name: "Waiting", value: GroupedNumber.text(pool.waiting)),
        ]
    }

    mutating func add(_ samples: [DatabaseSizeRepository.Sample]) {
        guard let first = samples.first, let last = samples.last else { return }
        let span = "from \(ByteCount.text(first.sizeBytes)) on \(LocalDay(shifted: first.date).short)"
        sizesText = samples.count == 1 ? "Measured since today." : "\(span) to \(ByteCount.text(last.sizeBytes))"
        sizes = LineChart(
            samples.map { Double($0.sizeBytes) }, label: "Size, \(span) to \(ByteCount.text(last.sizeBytes))")
    }

    mutating func add(_ report: MultiTenantDatabaseManager.TestReport) {
        checks = report.checks.map { Check(name: $0.name, isOK: $0.isOK, detail: $0.detail) }
        let milliseconds = Int((report.duration / .milliseconds(1)).rounded())
        testText = report.isOK ? "All is well (\(milliseconds) ms)." : "Something is wrong (\(milliseconds) ms)."
    }

    /// - Parameter displacement: of a wrong database.
    mutating func addHealth(
        of config: UserDatabaseConfig, _ displacement: MultiTenantDatabaseManager.Displacement?
    ) {
        guard let fault = config.health.fault else { return }
        repairs = fault.repairs(config, displacement)
        trouble = Trouble(
            label: fault.label, words: fault.words, since: config.health.date.map(time.dateAndClock),
            remedy: fault.remedy(config, displacement),
            repairs: repairs.map { Repair(label: $0.label, target: "#confirm-\($0.rawValue)") })
    }

    mutating func add(_ errors: [RecentErrors.Entry]) {
        failures = errors.map {
            Failure(
                date: time.dateAndClock($0.date), route: $0.route, status: $0.status, code: $0.code,
                requestID: $0.requestID)
        }
        hasFailures = !failures.isEmpty
    }

    mutating func add(_ entries: [AuditLog.Entry], names: UserNames) {
        audit = entries.map { AuditRow($0, names: names, time: time) }
    }

    /// - Parameter typed: the refused input; nil if nothing was refused.
    mutating func setIdentity(_ typed: FormFields?, errors: FormErrors) {
        identity = AccountView.Form(
            fields: [
                FieldView("username", "Username", value: typed?["username"] ?? username, errors: errors).with {
                    ($0.autocomplete, $0.maxLength, $0.isRequired) = ("off", AccountRules.maxUsername, true)
                },
                FieldView("email", "Email", type: "email", value: typed?["email"] ?? email, errors: errors).with {
                    ($0.autocomplete, $0.maxLength, $0.isRequired) = ("off", AccountRules.maxEmail, true)
                },
            ], general: errors.general, isOpen: typed != nil)
    }

    mutating func setDangers(refused: DangerousAction?, errors: FormErrors) {
        dangers = DangerousAction.allCases.filter(isPossible).map { action in
            let errors = action == refused ? errors : .none
            return Danger(
                action: "\(path)/\(action.rawValue)", label: action.label, explanation: action.explanation,
                field: FieldView("confirm", "Type the username \(username)", errors: errors).with {
                    ($0.autocomplete, $0.isRequired, $0.id) = ("off", true, "confirm-\(action.rawValue)")
                }, general: errors.general, isOpen: action == refused || repairs.contains(action))
        }
    }

    private func isPossible(_ action: DangerousAction) -> Bool {
        switch action {
        case .suspend: isActive
        case .rotatePassword: hasLogin
        case .passwordLink: isActive && !isAdmin
        case .signOut: isActive
        case .resetSecondFactor: hasSecondFactor
        case .repairTables, .swapBack, .startEmpty: repairs.contains(action)
        case .makeAdmin: !isAdmin && !isDeleted
        case .takeAdmin: isAdmin
        case .delete: !isDeleted
        }
    }
}

extension UserAccount {
    /// In one word.
    var standing: String { deletedAt != nil ? "deleted" : isActive ? "active" : "suspended" }
}
