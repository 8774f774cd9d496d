internal import Tenancy

/// What the template `account` shows.
struct AccountView {
    struct Session {
        let client: String
        let began: String
        let ends: String
        let isCurrent: Bool
        let endPath: String
    }

    struct Access {
        let date: String
        let until: String
        let admin: String
        let reason: String
    }

    struct Form {
        let fields: [FieldView]
        let general: String?
        /// Whether what is folded away is to be seen.
        let isOpen: Bool
    }

    private let time: PageTime

    let username: String
    let email: String
    let since: String
    let engine: String
    /// False where all users share one database.
    private(set) var hasOwnDatabase = false
    private(set) var databaseSince: String?
    private(set) var size: String?
    private(set) var room: String?
    private(set) var isNearlyFull = false
    private(set) var state: String?
    private(set) var schemaVersion: Int?
    private(set) var sessions: [Session] = []
    private(set) var hasOtherSessions = false
    private(set) var accesses: [Access] = []
    private(set) var hasAccesses = false
    private(set) var accessPager: PagerView?
    var graceDays = 0
    private(set) var password: Form?
    private(set) var deletion: Form?

    init(_ user: UserAccount, engine: EngineKind, time: PageTime) {
        self.time = time
        username = user.username
        email = user.email
        since = time.day(of: user.createdAt).long
        self.engine = engine.label
    }

    mutating func add(_ statistics: MultiTenantDatabaseManager.DatabaseStatistics, limits: UserLimits) {
        hasOwnDatabase = true
        databaseSince = time.dateAndClock(statistics.config.createdAt)
        size = statistics.sizeBytes.map(ByteCount.text)
        room = limits.maxDatabaseBytes.map(ByteCount.text)
        isNearlyFull = limits.isNearlyFull(statistics.sizeBytes)
        state = statistics.config.state.rawValue
        schemaVersion = statistics.config.schemaVersion
    }

    mutating func add(_ sessions: [SessionRepository.Summary], current: Int64) {
        self.sessions = sessions.map {
            Session(
                client: $0.client ?? "Session", began: time.dateAndClock($0.createdAt),
                ends: time.dateAndClock($0.expiresAt),
                isCurrent: $0.id == current, endPath: "/account/sessions/\($0.id)/end")
        }
        hasOtherSessions = sessions.count > 1
    }

    mutating func add(_ accesses: some Sequence<(access: DataAccess, actorName: String?)>, next: Cursor?, isFirst: Bool)
    {
        self.accesses = accesses.map {
            Access(
                date: time.dateAndClock($0.access.createdAt), until: time.clock($0.access.expiresAt),
                admin: $0.actorName ?? "A removed administrator", reason: $0.access.reason)
        }
        hasAccesses = !self.accesses.isEmpty
        accessPager = PagerView(PagePlace.account.path, next: next, isFirst: isFirst, isByTime: true)
    }

    mutating func setForms(refused: AccountPages.RefusedForm?, errors: FormErrors) {
        let passwordErrors = refused == .password ? errors : .none
        password = Form(
            fields: [
                Self.secret("current_password", "Current password", "current-password", passwordErrors),
                Self.secret("new_password", "New password", "new-password", passwordErrors).with {
                    $0.hint = PasswordRules.hint
                    $0.maxLength = PasswordRules.maxBytes
                },
            ], general: passwordErrors.general, isOpen: refused == .password)
        let deletionErrors = refused == .deletion ? errors : .none
        deletion = Form(
            fields: [
                FieldView("confirm", "Type your username", errors: deletionErrors).with {
                    ($0.autocomplete, $0.isRequired) = ("off", true)
                },
                Self.secret("password", "Password", "current-password", deletionErrors),
            ], general: deletionErrors.general, isOpen: refused == .deletion)
    }

    private static func secret(_ name: String, _ label: String, _ complete: String, _ errors: FormErrors) -> FieldView {
        FieldView(name, label, type: "password", errors: errors).with {
            ($0.autocomplete, $0.isRequired) = (complete, true)
        }
    }
}
