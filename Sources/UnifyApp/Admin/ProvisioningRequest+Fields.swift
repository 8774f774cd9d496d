internal import Tenancy

extension ProvisioningRequest {
    /// What an administrator asks for in the body of a request.
    init(reading fields: inout FieldReader) {
        self.init()
        if let word = fields.text("engine", maxLength: 50).optional {
            engine = EngineKind(rawValue: word)
            if engine == nil {
                let words = EngineKind.allCases.map(\.rawValue).joined(separator: ", ")
                fields.reject("engine", "must be one of: \(words)")
            }
        }
        host = fields.text("host", maxLength: 255).optional
        port = fields.integer("port", in: 1...65_535).optional.map { Int($0) }
        name = fields.text("name", maxLength: 63).optional
        if let name, Identifier(name) == nil { fields.reject("name", "must be letters, digits and '_'") }
        login = fields.text("login", maxLength: 255).optional
        password = fields.text("password", maxLength: 1024).optional.map { Secret($0) }
        server = fields.text("server", maxLength: 63).optional
    }
}
