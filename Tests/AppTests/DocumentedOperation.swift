import UnifyTesting

/// One operation that the server's own OpenAPI description tells of.
struct DocumentedOperation: Sendable, CustomStringConvertible {
    /// In capitals.
    let method: String
    /// With `{id}` where a number goes.
    let path: String
    /// False where the description lifts the security that it asks for everywhere else.
    fileprivate(set) var needsSession = true

    var description: String { "\(method) \(path)" }
    var isForAdministrators: Bool { path.hasPrefix("/admin/") }
    /// Whether it is about one task, note or event.
    var isAboutOneItem: Bool { path.hasPrefix("/api/") && path.hasSuffix("/{id}") }

    /// The path with a number in the place of `{id}`.
    func filled(with id: Int) -> String { path.replacing("{id}", with: "\(id)") }

    fileprivate init(method: String, path: String) {
        self.method = method
        self.path = path
    }
}

extension TestClient {
    /// What the server says that it serves.
    func documentedOperations() async throws -> [DocumentedOperation] {
        var operations: [DocumentedOperation] = []
        var path = ""
        for line in try await with(token: nil).get("/openapi.yaml").text.split(separator: "\n") {
            if line == "components:" { break }
            if let match = line.wholeMatch(of: #/ {2}(/\S*):/#) { path = String(match.1) }
            if let match = line.wholeMatch(of: #/ {4}(get|post|put|patch|delete):/#), !path.isEmpty {
                operations.append(DocumentedOperation(method: match.1.uppercased(), path: path))
            }
            if line.hasPrefix("      security:"), let last = operations.indices.last {
                operations[last].needsSession = false
            }
        }
        guard operations.count >= 35 else { throw TestFailure("only \(operations.count) operations were read") }
        return operations
    }
}
