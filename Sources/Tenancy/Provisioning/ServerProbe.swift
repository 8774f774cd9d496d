/// Tests on a server what every user's database needs: makes a database with its own login, logs in with it, and
/// removes both. The doctor reports the leftovers of an interrupted test, because they have the installation's
/// prefix.
struct ServerProbe {
    let engine: any DatabaseEngine
    let schema: Schema
    let namePrefix: String

    /// - Parameter location: the server's, with the provisioning login.
    /// - Throws: ``TenancyError`` `provisioningFailed` with the reason; everything is removed again, as far as
    ///   possible.
    func run(at location: DatabaseLocation) async throws {
        let word = String(UInt32.random(in: 0 ... .max), radix: 36)
        var place = location
        place.name = "\(namePrefix)probe_\(word)"
        place.login = Login(name: "\(namePrefix)p_\(word)", password: .randomPassword())
        do {
            try await makeAndOpen(place)
        } catch {
            // The operator has to fix the first failure; this one would have the same cause.
            try? await engine.dropDatabase(at: place)
            throw failure("make a database for a user", error)
        }
        do {
            place.isLoginProven = true
            try await engine.dropDatabase(at: place)
        } catch {
            throw failure("remove the database \(place.name ?? "") again", error)
        }
    }

    private func makeAndOpen(_ place: DatabaseLocation) async throws {
        let identity = DatabaseIdentity(
            userID: 1, uuid: .random(), schemaVersion: schema.version,
            fingerprint: schema.fingerprint(in: engine.dialect))
        try await engine.makeDatabase(at: place, schema: schema, identity: identity)
        let answer = try await engine.queryOnce(DatabaseIdentity.query(in: engine.dialect), at: place)
        guard try DatabaseIdentity.stamp(in: answer) == identity else {
            throw TenancyError(
                .wrongDatabase, "The login of the new database does not find what was written there.",
                engine: engine.kind)
        }
    }

    private func failure(_ what: String, _ error: any Error) -> TenancyError {
        let reason = (error as? TenancyError)?.message ?? "it failed."
        return TenancyError(
            .provisioningFailed,
            "The server cannot be used as it is: the provisioning login could not \(what): \(reason)",
            cause: error, engine: engine.kind)
    }
}
