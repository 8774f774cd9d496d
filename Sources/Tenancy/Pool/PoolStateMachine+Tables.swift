/// The places of pools, servers and connections, which are used again.
extension PoolStateMachine {
    mutating func pool(of key: Key) -> Int {
        if let pool = poolsByKey[key] { return pool }
        let pool = makePool(.key(key), limit: limits.maxPerDatabase)
        poolsByKey[key] = pool
        joinFamily(pool, of: key)
        return pool
    }

    mutating func reservations(of server: Int) -> Int {
        if let pool = servers[server].reservations { return pool }
        let pool = makePool(.reservations(server: server), limit: .max)
        servers[server].reservations = pool
        return pool
    }

    /// The pool of a place, if there is one.
    func pool(at place: Place) -> Int? {
        switch place {
        case .key(let key): return poolsByKey[key]
        case .reservations(let server):
            // The names of servers are looked up; files have a place of their own.
            guard let server = server.map({ serversByName[$0] }) ?? Self.files else { return nil }
            return servers[server].reservations
        }
    }

    private mutating func makePool(_ owner: Pool.Owner, limit: Int) -> Int {
        Self.put(Pool(owner: owner, limit: limit), into: &pools, reusing: &unusedPools)
    }

    /// - Returns: the place at which the value is now.
    private static func put<Value>(_ value: Value, into values: inout [Value], reusing unused: inout [Int]) -> Int {
        guard let place = unused.popLast() else {
            values.append(value)
            return values.count - 1
        }
        values[place] = value
        return place
    }

    mutating func forgetIfUnused(pool: Int) {
        guard pools[pool].isUnused else { return }
        switch pools[pool].owner {
        case .key(let key):
            poolsByKey[key] = nil
            leaveFamily(pool, of: key)
        case .reservations(let server): servers[server].reservations = nil
        case .nobody: return
        }
        pools[pool] = Pool(owner: .nobody, limit: 0)
        unusedPools.append(pool)
    }

    mutating func index(of server: ServerLimit?) -> Int {
        guard let server else { return Self.files }
        if let index = serversByName[server.server] { return index }
        let limit = limitsByName[server.server] ?? server.maxConnections
        let index = Self.put(Server(name: server.server, limit: limit), into: &servers, reusing: &unusedServers)
        serversByName[server.server] = index
        return index
    }

    /// A server without connections and waiters has no place; a limit that was set is kept by its name.
    mutating func forgetIfUnused(server: Int) {
        guard let name = servers[server].name, servers[server].open == 0, servers[server].waiting == 0 else { return }
        serversByName[name] = nil
        servers[server] = Server(name: nil, limit: 0)
        unusedServers.append(server)
    }

    mutating func makeConnection(in pool: Int, on server: Int) -> Int {
        Self.put(Connection(pool: pool, server: server), into: &connections, reusing: &unusedConnections)
    }

    mutating func forget(connection: Int) {
        connections[connection].lease = 0
        connections[connection].resource = nil
        unusedConnections.append(connection)
    }
}
