internal import Tenancy

/// The view of the template `account`.
struct AccountView {
    struct Session {
        let client: String
        let began: String
        let used: String
        let address: String?
        let ends: String
        let isCurrent: Bool
        let endPath: String
    }

    struct Access {
        let date: String
        let until: String
        let admin: String
        let reason: String
        /// The path to end it; nil if it has ended.
        let endPath: String?
    }

    struct Event {
        let date: String
        let what: String
        /// The client and its address.
        let whence: String?
        let isFailedTry: Bool
    }

    struct Form {
        let fields: [FieldView]
        let general: String?
        /// Whether the collapsed section is open.
        let isOpen: Bool
    }

    private let time: PageTime

    let username: String
    let email: String
    let since: String
    let engine: String
    let isAdmin: Bool
    let hasSecondFactor: Bool
    /// False if all users share one database.
    private(set) var hasOwnDatabase = false
    private(set) var databaseSince: String?
    /// Where an administrator has put the user's data; nil for the default place.
    private(set) var attachedHost: String?
    private(set) var size: String?
    private(set) var room: String?
    private(set) var isNearlyFull = false
    private(set) var state: String?
    /// False for a database that cannot be opened until it is repaired.
    private(set) var isAvailable = true
    private(set) var sessions: [Session] = []
    private(set) var hasOtherSessions = false
    private(set) var sessionPager: PagerView?
    private(set) var accesses: [Access] = []
    private(set) var hasAccesses = false
    private(set) var accessPager: PagerView?
    private(set) var events: [Event] = []
    private(set) var hasEvents = false
    /// How long the account can be restored after it was deleted; nil for not at all.
    var grace: String?
    private(set) var usernameForm: Form?
    private(set) var emailForm: Form?
    private(set) var password: Form?
    private(set) var deletion: Form?

    init(_ session: SignedInSession, engine: EngineKind, time: PageTime) {
        self.time = time
        let user = session.user
        isAdmin = user.isAdmin
        hasSecondFactor = session.hasSecondFactor
        username = user.username
        email = user.email
        since = time.day(of: user.createdAt).long
        self.engine = engine.label
    }

    mutating func add(_ statistics: MultiTenantDatabaseManager.DatabaseStatistics, limits: UserLimits) {
        hasOwnDatabase = true
        databaseSince = time.dateAndClock(statistics.config.createdAt)
        if statistics.config.isAttached { attachedHost = statistics.config.host }
        size = statistics.sizeBytes.map(ByteCount.text)
        room = limits.maxDatabaseBytes.map(ByteCount.text)
        isNearlyFull = limits.isNearlyFull(statistics.sizeBytes)
        state = statistics.config.state.rawValue
        isAvailable = statistics.config.health.isHealthy
    }

    /// - Parameter isFirst: whether it is the page with the newest ones.
    mutating func add(
        _ page: ListPage<(summary: SessionRepository.Summary, end: Timestamp)>, isFirst: Bool, current: Int64
    ) {
        sessions = page.rows.map { session, end in
            Session(
                client: session.client ?? "Unknown device", began: time.dateAndClock(session.createdAt),
                used: time.dateAndClock(session.usedAt ?? session.createdAt), address: session.address,
                ends: time.dateAndClock(end), isCurrent: session.id == current,
                endPath: "/account/sessions/\(session.id)/end")
        }
        hasOtherSessions = page.next != nil || page.rows.contains { $0.summary.id != current }
        let path = PagePlace.account.path
        sessionPager = PagerView(
            newest: isFirst ? nil : path,
            earlier: page.next.map { LocalPath.adding("sessions", "\($0.id)", to: path) })
    }

    mutating func add(_ accesses: some Sequence<DataAccessEntry>, next: Cursor?, place: ListPlace) {
        self.accesses = accesses.map {
            Access(
                date: time.dateAndClock($0.access.createdAt),
                until: time.clock($0.access.endedAt ?? $0.access.expiresAt),
                admin: $0.actorName ?? "A former administrator", reason: $0.access.reason,
                endPath: $0.isOpen ? "/account/accesses/\($0.access.id)/end" : nil)
        }
        hasAccesses = !self.accesses.isEmpty
        accessPager = PagerView(place, count: self.accesses.count, next: next, isByTime: true)
    }

    mutating func add(_ events: [SecurityEvent]) {
        self.events = events.map { event in
            let whence = [event.detail?.client, event.detail.map { "from \($0.address)" }].compactMap { $0 }
            return Event(
                date: time.dateAndClock(event.date), what: event.action.words(times: event.detail?.times ?? 1),
                whence: whence.isEmpty ? nil : whence.joined(separator: ", "), isFailedTry: event.action.isFailedTry)
        }
        hasEvents = !events.isEmpty
    }

    /// - Parameter typed: the refused input, unless it is a password.
    mutating func setForms(refused: AccountPages.RefusedForm?, errors: FormErrors, typed: String) {
        func identity(
            _ form: AccountPages.RefusedForm, _ name: String, _ label: String, _ type: String, _ current: String,
            _ maxLength: Int
        ) -> Form {
            let own = refused == form ? errors : .none
            return Form(
                fields: [
                    FieldView(name, label, type: type, value: refused == form ? typed : current, errors: own).with {
                        ($0.autocomplete, $0.maxLength, $0.isRequired) = (name, maxLength, true)
                    },
                    Self.secret("password", "Your password", "current-password", own).with {
                        $0.id = "\(name)-password"
                    },
                ], general: own.general, isOpen: refused == form)
        }
        usernameForm = identity(.username, "username", "New username", "text", username, AccountRules.maxUsername)
        emailForm = identity(.email, "email", "New email address", "email", email, AccountRules.maxEmail)
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
