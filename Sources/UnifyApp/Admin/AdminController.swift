internal import Hummingbird
internal import Tenancy

/// The routes of an administrator.
struct AdminController: Sendable {
    let manager: MultiTenantDatabaseManager
    let accounts: Accounts

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/admin/user/{id}/database/info", .admin, cost: .long, info),
            Endpoint(.post, "/admin/user/{id}/database/initialize", .admin, cost: .long, initialize).confirmed,
            Endpoint(.post, "/admin/user/{id}/database/test", .admin, cost: .long, test),
            Endpoint(.get, "/admin/databases/stats", .admin, cost: .long, statistics),
            Endpoint(.get, "/admin/users", .admin, cost: .long, users),
            Endpoint(.get, "/admin/audit", .admin, cost: .long, audit),
            Endpoint(.get, "/admin/pools", .admin, cost: .long, pools),
            Endpoint(.get, "/admin/servers", .admin, cost: .long, servers),
        ]
    }

    // MARK: One database

    private func info(_ scope: RequestScope) async throws -> Response {
        let userID = try scope.pathUserID()
        guard let config = try await manager.loadUserDatabaseConfig(userID) else { throw Self.noDatabase }
        let statistics = await manager.statistics(of: config)
        return .json { $0.configMembers(statistics) }
    }

    private static let noDatabase = Problem(
        status: .notFound, code: "user_database_not_found", detail: "This user has no database.")

    private func initialize(_ scope: RequestScope) async throws -> Response {
        let userID = try scope.pathUserID()
        let actor = try scope.requireSession().user.id
        var fields = try await scope.optionalFields(ProvisioningRequest.members)
        let request = ProvisioningRequest(reading: &fields, for: userID)
        try fields.finish()
        let (config, isNew) = try await manager.initializeUserDatabase(userID, request, actor: actor)
        let statistics = await manager.statistics(of: config)
        return .json(isNew ? .created : .ok) { json in
            json.member("success", true)
            json.member("created", isNew)
            json.name("config")
            json.object { $0.configMembers(statistics) }
        }
    }

    private func test(_ scope: RequestScope) async throws -> Response {
        let report: MultiTenantDatabaseManager.TestReport
        do {
            report = try await manager.testUserDatabase(try scope.pathUserID())
        } catch let error as TenancyError where error.code == .userDatabaseNotFound {
            throw Self.noDatabase
        }
        return .json { json in
            json.member("ok", report.isOK)
            json.member("latency_ms", report.duration / .milliseconds(1))
            json.name("checks")
            json.array(report.checks) { json, check in
                json.object {
                    $0.member("name", check.name)
                    $0.member("ok", check.isOK)
                    $0.member("detail", check.detail)
                }
            }
        }
    }

    // MARK: Lists

    private func statistics(_ scope: RequestScope) async throws -> Response {
        let (limit, position) = try page(scope)
        let after = position.cursor?.id ?? 0
        let total = try await manager.totalStatistics()
        let databases = try await manager.statistics(after: after, limit: limit + 1)
        let next = ListPage(cutting: databases, to: limit) { $0.config.userID.rawValue }.next
        return .json { json in
            json.member("total_databases", total.databases)
            json.member("total_size_mb", Self.megabytes(total.sizeBytes))
            json.name("databases")
            json.array(databases.prefix(limit)) { json, database in
                json.object {
                    $0.member("user_id", database.config.userID.rawValue)
                    $0.member("name", database.config.displayName)
                    $0.member("engine", database.config.engine.rawValue)
                    $0.member("size_mb", Self.megabytes(database.sizeBytes ?? 0))
                    $0.member("modified", database.lastModified)
                    $0.member("open_connections", database.openConnections)
                }
            }
            json.member("next_cursor", next.map(position.text))
        }
    }

    private static func megabytes(_ bytes: Int64) -> Double { Double(bytes) / 1_048_576 }

    private func users(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let text = query.text("q", maxLength: ItemLimits.search)
        let limit = query.limit()
        let position = query.position(in: scope.request.uri.path)
        try query.finish()
        let after = position.cursor?.id ?? 0
        let users = try await accounts.main.withDatabase(.read) {
            try await UserRepository($0).list(after: after, limit: limit + 1, matching: text)
        }
        var configs: [UserID: UserDatabaseConfig] = [:]
        for user in users { configs[user.id] = try await manager.loadUserDatabaseConfig(user.id) }
        return .page(
            cutting: users, to: limit, at: position, by: { $0.id.rawValue },
            each: { json, user in
                json.member("id", user.id.rawValue)
                json.member("username", user.username)
                json.member("email", user.email)
                json.member("is_admin", user.isAdmin)
                json.member("is_active", user.isActive)
                json.member("created_at", user.createdAt)
                json.member("deleted_at", user.deletedAt)
                json.member("database_engine", configs[user.id]?.engine.rawValue)
                json.member("database_state", configs[user.id]?.state.rawValue)
                json.health(of: configs[user.id])
            })
    }

    private func audit(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let limit = query.limit()
        let position = query.position(in: scope.request.uri.path)
        let wanted = AuditQuery(&query)
        try query.finish()
        let (entries, names) = try await accounts.main.withDatabase(.read) { database in
            let filter: AuditFilter
            do {
                filter = try await wanted.filter(in: database)
            } catch let error as AuditQuery.UnknownUser {
                throw Problem.invalidFields([.init(field: error.field, message: error.advice)])
            }
            let entries = try await AuditLog(database).list(
                before: position.cursor?.id, limit: limit + 1, filter)
            let users = Set(entries.flatMap { [$0.actor, $0.userID] }.compactMap { $0 })
            return (entries, try await UserRepository(database).names(of: users))
        }
        return .page(
            cutting: entries, to: limit, at: position, by: { $0.id },
            each: { json, entry in
                json.member("id", entry.id)
                json.member("actor_id", entry.actor?.rawValue)
                json.member("actor", entry.actorText(name: entry.actor.flatMap { names[$0] }))
                json.member("action", entry.action)
                json.member("user_id", entry.userID?.rawValue)
                json.member("username", entry.userID.flatMap { names[$0] })
                json.member("detail", entry.detail)
                json.member("created_at", entry.date)
            })
    }

    private func pools(_ scope: RequestScope) async throws -> Response {
        let (limit, position) = try page(scope)
        let report = manager.poolReport
        let pools = manager.pooledUsers(after: position.cursor?.id ?? 0, limit: limit + 1)
        return .page(
            cutting: pools, to: limit, at: position, by: { $0.userID.rawValue },
            also: { json in
                json.name("totals")
                json.object { $0.pool(report) }
            },
            each: { json, pool in
                json.member("user_id", pool.userID.rawValue)
                json.member("open", pool.pool.open)
                json.member("idle", pool.pool.idle)
                json.member("leased", pool.pool.leased)
                json.member("waiting", pool.pool.waiting)
            })
    }

    private func servers(_ scope: RequestScope) async throws -> Response {
        let (limit, position) = try page(scope)
        let servers = try await manager.serverOverview(after: position.cursor?.id ?? 0, limit: limit + 1)
        let unavailable = Set(manager.unavailableServers)
        return .page(
            cutting: servers, to: limit, at: position, by: { $0.server.id },
            each: { json, entry in
                let server = entry.server
                json.member("id", server.id)
                json.member("name", server.name)
                json.member("engine", server.engine.rawValue)
                json.member("host", server.host)
                json.member("port", server.port.map(Int64.init))
                json.member("login", server.login)
                json.member("tls", server.tls.description)
                json.member("region", server.region)
                json.member("state", server.state.rawValue)
                json.member("max_connections", server.maxConnections)
                json.member("databases", entry.databases)
                json.member("reachable", !unavailable.contains(server.address))
            })
    }

    // MARK: Pages

    private func page(_ scope: RequestScope) throws -> (limit: Int, position: ListPosition) {
        var query = scope.query
        let limit = query.limit()
        let position = query.position(in: scope.request.uri.path)
        try query.finish()
        return (limit, position)
    }
}
