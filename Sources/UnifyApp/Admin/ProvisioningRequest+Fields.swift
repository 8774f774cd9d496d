internal import Tenancy

extension ProvisioningRequest {
    /// Members that only the operator's command accepts: with them a database could be put where others can read it,
    /// or under a name that is not its user's.
    private static let commandsOwn = ["host", "port", "name", "login", "password"]
    static let members = ["engine", "server"] + commandsOwn

    /// An administrator's request, read from the body.
    /// - Parameter userID: the database's future owner.
    init(reading fields: inout FieldReader, for userID: UserID) {
        self.init()
        if let word = fields.text("engine", maxLength: 50).optional {
            engine = EngineKind(rawValue: word)
            if engine == nil {
                let words = EngineKind.allCases.map(\.rawValue).joined(separator: ", ")
                fields.reject("engine", "must be one of: \(words)")
            }
        }
        server = fields.text("server", maxLength: 63).optional
        for name in Self.commandsOwn where fields.hasValue(name) {
            fields.reject(
                name,
                "is not taken over HTTP. Attach a database by the command: unify setup init \(userID) --engine "
                    + "ENGINE --host HOST --name NAME --login LOGIN --password-stdin")
        }
    }
}
