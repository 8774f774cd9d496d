import Tenancy
import UnifyTesting

/// What the server's own OpenAPI description says of the bodies of requests.
struct DocumentedBodies: Sendable {
    struct Schema: Sendable {
        var members: Set<String> = []
        /// Whether it says that there are no other members.
        var isClosed = false
    }

    private let lines: [String]

    init(_ text: String) { lines = text.split(separator: "\n").map(String.init) }

    /// The schemas by operation, such as `POST /api/login`.
    func schemas() throws -> [String: Schema] {
        var found: [String: Schema] = [:]
        var (path, method) = ("", "")
        for (index, line) in lines.enumerated() {
            if line == "components:" { break }
            if let match = line.wholeMatch(of: #/ {2}(/\S*):/#) { path = String(match.1) }
            if let match = line.wholeMatch(of: #/ {4}(get|post|put|patch|delete):/#) { method = match.1.uppercased() }
            guard line == "      requestBody:" else { continue }
            guard let start = lines[index...].firstIndex(where: { $0.hasPrefix("            schema:") }) else {
                throw TestFailure("\(method) \(path) has no schema")
            }
            let name = lines[start].firstMatch(of: #/schemas\/(\w+)/#).map { String($0.1) }
            found["\(method) \(path)"] = try schema(at: try name.map { try place(of: "    \($0):") } ?? start)
        }
        return found
    }

    private func place(of line: String) throws -> Int {
        guard let place = lines.firstIndex(of: line) else { throw TestFailure("there is no line \(line)") }
        return place
    }

    private func indent(of line: String) -> Int { line.prefix { $0 == " " }.count }

    /// What stands below a line and a step further in.
    private func children(of start: Int) -> [(place: Int, text: Substring)] {
        let own = indent(of: lines[start])
        return lines.indices[(start + 1)...].prefix { indent(of: lines[$0]) > own }
            .filter { indent(of: lines[$0]) == own + 2 }.map { ($0, lines[$0].dropFirst(own + 2)) }
    }

    private func schema(at start: Int) throws -> Schema {
        var schema = Schema()
        for (place, text) in children(of: start) {
            if text == "additionalProperties: false" { schema.isClosed = true }
            guard text.hasPrefix("properties:") else { continue }
            let alias = text.firstMatch(of: #/\*(\w+)/#).map { "      properties: &\($0.1)" }
            let names = children(of: try alias.map { try self.place(of: $0) } ?? place)
            schema.members = Set(names.map { String($0.text.prefix { $0 != ":" }) })
        }
        return schema
    }
}
