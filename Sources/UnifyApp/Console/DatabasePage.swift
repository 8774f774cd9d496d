internal import Hummingbird
internal import Logging
internal import Tenancy

/// One user and their database: information and actions.
struct DatabasePage: Sendable {
    /// Days of sizes that the chart shows.
    static let sizeDays = 90
    static let errorLimit = 10
    static let auditLimit = 10

    let environment: ConsoleEnvironment

    private var manager: MultiTenantDatabaseManager { environment.manager }

    var endpoints: [Endpoint] {
        let path = "/admin/console/databases/{id}"
        let actions: [(String, @Sendable (UserID, UserID) async throws -> PageNotice)] = [
            ("resume", resume), ("restore", restore),
        ]
        let confirmed: [(DangerousAction, @Sendable (UserID, UserID) async throws -> PageNotice)] = [
            (.suspend, suspend), (.delete, delete), (.rotatePassword, rotatePassword),
            (.resetSecondFactor, resetSecondFactor), (.signOut, signOut),
            (.repairTables, repairTables), (.swapBack, swapBack),
            (.startEmpty, startEmpty),
            (.makeAdmin, { try await setAdmin(true, $0, by: $1) }),
            (.takeAdmin, { try await setAdmin(false, $0, by: $1) }),
        ]
        return [
            .page(.get, path, .admin) { try await page($0) },
            .page(.post, "\(path)/test", .admin) { try await page($0, isTested: true) },
            .page(.post, "\(path)/initialize", .admin, initialize),
            .page(.post, "\(path)/identity", .admin, changeIdentity),
        ]
            + actions.map { name, action in
                .page(.post, "\(path)/\(name)", .admin) { try await perform(action, $0) }
            }
            + confirmed.map { danger, action in
                .page(.post, "\(path)/\(danger.rawValue)", .admin) { scope in
                    try await confirming(danger, scope) { _ in try await perform(action, scope) }
                }
            } + [
                .page(.post, "\(path)/\(DangerousAction.passwordLink.rawValue)", .admin) { scope in
                    try await confirming(.passwordLink, scope) { try await makePasswordLink(of: $0, scope) }
                }
            ]
    }

    // MARK: The page

    private func page(
        _ scope: RequestScope, isTested: Bool = false, refused: DangerousAction? = nil, errors: FormErrors = .none,
        identity: FormFields? = nil
    ) async throws -> Response {
        let userID = try scope.pathUserID()
        let (user, audit) = try await environment.main.withDatabase(.read) { database in
            guard let user = try await UserRepository(database).find(userID) else { throw Problem.notFound }
            return (user, try await AuditLog(database).list(before: nil, limit: Self.auditLimit, about: userID))
        }
        try scope.finishHead()
        let time = environment.renderer.time(of: scope)
        var view = DatabaseView(user, time: time)
        if let config = try await manager.loadUserDatabaseConfig(userID) {
            let statistics = await manager.statistics(of: config)
            view.add(statistics, pool: manager.pool(of: userID))
            view.add(try await sizes(of: userID, now: statistics.sizeBytes))
            if isTested { view.add(try await manager.testUserDatabase(userID)) }
            // The test may have found it otherwise.
            let current = try await manager.loadUserDatabaseConfig(userID) ?? config
            // A page that shows what is wrong must not fail for it; the repairs themselves check again.
            let displacement = current.health.fault == .wrong ? try? await manager.displacement(of: userID) : nil
            view.addHealth(of: current, displacement)
        } else if isTested {
            throw Problem.notFound
        }
        view.hasSecondFactor = try await environment.accounts.secondFactor(of: userID) != nil
        view.canInitialize = environment.settings.isMultiTenant && !view.hasDatabase && user.deletedAt == nil
        view.add(environment.errors.newest(Self.errorLimit, of: userID))
        view.add(audit, names: try await environment.names(of: audit.flatMap { [$0.actor, $0.userID] }))
        view.setDangers(refused: refused, errors: errors)
        view.setIdentity(identity, errors: identity == nil ? .none : errors)
        return environment.page(.database, view, title: user.username, at: .databases, for: scope, errors: errors)
    }

    /// The sizes of the days before, and of today.
    private func sizes(of userID: UserID, now sizeBytes: Int64?) async throws -> [DatabaseSizeRepository.Sample] {
        let day = LocalDay(shifted: environment.time.wallNow).midnight
        if let sizeBytes {
            do {
                try await environment.main.transaction {
                    try await DatabaseSizeRepository($0).record(sizeBytes, of: userID, day: day)
                }
            } catch {
                // The page is needed most when nothing can be written.
                environment.logger.warning("a database's size could not be kept", metadata: ["error": "\(error)"])
            }
        }
        return try await environment.main.withDatabase(.read) {
            try await DatabaseSizeRepository($0).list(of: userID, limit: Self.sizeDays)
        }
    }

    // MARK: Actions

    private func perform(
        _ action: (UserID, UserID) async throws -> PageNotice, _ scope: RequestScope
    ) async throws -> Response {
        let userID = try scope.pathUserID()
        return try await refusing {
            let notice = try await action(userID, try scope.requireSession().user.id)
            return .seeOther(ConsoleEnvironment.path(of: userID), notice: notice)
        }
    }

    private func refusing(_ body: () async throws -> Response) async throws -> Response {
        do {
            return try await body()
        } catch let error as TenancyError where error.code == .invalidConfiguration {
            throw Problem(status: .conflict, code: "refused", detail: error.message)
        }
    }

    /// Performs an action that requires typing the user's name.
    private func confirming(
        _ danger: DangerousAction, _ scope: RequestScope, _ body: (UserAccount) async throws -> Response
    ) async throws -> Response {
        let userID = try scope.pathUserID()
        let form = try scope.form()
        guard let user = try await environment.main.withDatabase(.read, { try await UserRepository($0).find(userID) })
        else {
            throw Problem.notFound
        }
        do {
            var fields = try form.reader()
            if form["confirm"] != user.username { fields.reject("confirm", "must be the username: \(user.username)") }
            try fields.finish()
            let asked = try await environment.confirmation.page(
                for: "\(danger.label): \(user.username)", form, keeping: ["confirm"],
                cancel: ConsoleEnvironment.path(of: userID), scope)
            if let asked { return asked }
            return try await body(user)
        } catch {
            return try await page(scope, refused: danger, errors: try FormErrors(error))
        }
    }

    private func changeIdentity(_ scope: RequestScope) async throws -> Response {
        let path = ConsoleEnvironment.path(of: try scope.pathUserID())
        let form = try scope.form()
        do {
            var fields = try form.reader(texts: ["username", "email"])
            let new = Accounts.NewIdentity(
                username: fields.checked("username", AccountRules.fault(inUsername:)),
                email: fields.checked("email", AccountRules.fault(inEmail:)))
            try fields.finish()
            let asked = try await environment.confirmation.page(
                for: "Change username and email", form, keeping: ["username", "email"], cancel: path, scope)
            if let asked { return asked }
            try await environment.accounts.setIdentity(
                new, of: try scope.pathUserID(), actor: try scope.requireSession().user.id)
            return .seeOther(path, notice: .saved)
        } catch {
            return try await page(scope, errors: try FormErrors(error), identity: form)
        }
    }

    private func initialize(_ scope: RequestScope) async throws -> Response {
        guard environment.settings.isMultiTenant else { throw Problem.notFound }
        let path = ConsoleEnvironment.path(of: try scope.pathUserID())
        let asked = try await environment.confirmation.page(
            for: "Make a database", try scope.form(), cancel: path, scope)
        if let asked { return asked }
        return try await perform(
            { userID, actor in
                try await manager.initializeUserDatabase(userID, actor: actor).isNew ? .databaseMade : .databaseThere
            }, scope)
    }

    private func resume(_ userID: UserID, by actor: UserID) async throws -> PageNotice {
        try await environment.accounts.resume(userID, actor: actor)
        return .userResumed
    }

    private func restore(_ userID: UserID, by actor: UserID) async throws -> PageNotice {
        try await environment.accounts.restore(userID, actor: actor)
        return .userRestored
    }

    private func suspend(_ userID: UserID, by actor: UserID) async throws -> PageNotice {
        try await environment.accounts.suspend(userID, actor: actor)
        return .userSuspended
    }

    private func delete(_ userID: UserID, by actor: UserID) async throws -> PageNotice {
        try await environment.accounts.delete(userID, actor: actor)
        return .userDeleted
    }

    private func rotatePassword(_ userID: UserID, by actor: UserID) async throws -> PageNotice {
        try await manager.rotatePassword(of: userID, actor: actor)
        return .passwordRotated
    }

    private func repairTables(_ userID: UserID, by actor: UserID) async throws -> PageNotice {
        try await manager.repairTables(of: userID, actor: actor).isEmpty ? .noTableMissing : .tablesMade
    }

    private func swapBack(_ userID: UserID, by actor: UserID) async throws -> PageNotice {
        try await manager.swapBackUserDatabase(userID, actor: actor)
        return .swappedBack
    }

    private func startEmpty(_ userID: UserID, by actor: UserID) async throws -> PageNotice {
        try await manager.startEmptyUserDatabase(userID, actor: actor)
        return .startedEmpty
    }

    private func resetSecondFactor(_ userID: UserID, by actor: UserID) async throws -> PageNotice {
        try await environment.accounts.resetSecondFactor(of: userID, actor: actor)
        return .secondFactorReset
    }

    private func signOut(_ userID: UserID, by actor: UserID) async throws -> PageNotice {
        try await environment.accounts.signOutEverywhere(userID, actor: actor)
        return .signedOutEverywhere
    }

    private struct PasswordLinkView {
        let username: String
        let url: String
        let until: String
        let note: String?
        let back: String
    }

    /// Shows the link: nothing of it is kept that could show it again.
    private func makePasswordLink(of user: UserAccount, _ scope: RequestScope) async throws -> Response {
        try await refusing {
            let link = try await environment.accounts.makePasswordLink(
                of: user.id, byAdministrator: try scope.requireSession().user.id, settings: environment.settings)
            let view = PasswordLinkView(
                username: user.username, url: link.url,
                until: environment.renderer.time(of: scope).dateAndClock(link.expiresAt), note: link.note,
                back: ConsoleEnvironment.path(of: user.id))
            return environment.page(
                .passwordLink, view, title: "A link for \(user.username)", at: .databases, for: scope)
        }
    }

    private func setAdmin(_ isAdmin: Bool, _ userID: UserID, by actor: UserID) async throws -> PageNotice {
        try await environment.accounts.setAdmin(isAdmin, userID, actor: actor)
        return .adminChanged
    }
}
