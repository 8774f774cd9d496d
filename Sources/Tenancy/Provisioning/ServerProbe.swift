/// Tries on a server what every user's database needs: making it with a login of its own, logging in by that, and removing
/// both. What a process that was stopped has left is reported by the doctor, since it bears the installation's names.
struct ServerProbe {
    let engine: any DatabaseEngine
    let schema: Schema
    let namePrefix: String

    /// - Parameter location: of the server, with the provisioning login.
    /// - Throws: ``TenancyError`` `provisioningFailed`, with what went wrong; nothing is left then, as far as that can be.
    func run(at location: DatabaseLocation) async throws {
        let word = String(UInt32.random(in: 0 ... .max), radix: 36)
        var place = location
        place.name = "\(namePrefix)probe_\(word)"
        place.login = Login(name: "\(namePrefix)p_\(word)", password: .randomPassword())
        do {
            try await makeAndOpen(place)
        } catch {
            // The first failure is what the operator has to mend; the second one would have the same reason.
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
        let answer = try await engine.answer(to: DatabaseIdentity.question(in: engine.dialect), at: place)
        guard try DatabaseIdentity.stamp(in: answer) == identity else {
            throw TenancyError(
                .wrongDatabase, "The login of the new database does not find what was written there.",
                engine: engine.kind)
        }
    }

    private func failure(_ what: String, _ error: any Error) -> TenancyError {
        let reason = (error as? TenancyError)?.message ?? "it failed."
        return TenancyError(
            .provisioningFailed, "The server was not added: the provisioning login could not \(what): \(reason)",
            cause: error, engine: engine.kind)
    }
}
