public import Foundation

#if canImport(FoundationNetworking)
    internal import FoundationNetworking
#endif

/// Talks to a server over real HTTP, without cookies or caches of its own.
public struct TestClient: Sendable {
    public struct Answer: Sendable {
        public let status: Int
        public let headers: [String: String]
        public let body: Data

        public func header(_ name: String) -> String? {
            headers.first { $0.key.lowercased() == name.lowercased() }?.value
        }

        public var text: String { String(decoding: body, as: UTF8.self) }

        /// The body as JSON: dictionaries, arrays, numbers, strings.
        public var json: [String: Any] {
            ((try? JSONSerialization.jsonObject(with: body)) as? [String: Any]) ?? [:]
        }

        public var code: String? { json["code"] as? String }
        public var items: [[String: Any]] { json["items"] as? [[String: Any]] ?? [] }
        public var errorFields: Set<String> {
            Set((json["errors"] as? [[String: Any]] ?? []).compactMap { $0["field"] as? String })
        }
    }

    public let port: Int
    public var token: String?
    private let session: URLSession

    public init(port: Int, token: String? = nil) {
        self.port = port
        self.token = token
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpMaximumConnectionsPerHost = 32
        configuration.timeoutIntervalForRequest = 30
        session = URLSession(configuration: configuration)
    }

    public func with(token: String?) -> TestClient {
        var copy = self
        copy.token = token
        return copy
    }

    /// - Parameters:
    ///   - json: the body as an object or array; sent as application/json.
    ///   - raw: the body as it is; wins over `json`.
    public func send(
        _ method: String, _ path: String, json: Any? = nil, raw: Data? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { throw URLError(.badURL) }
        var request = URLRequest(url: url)
        request.httpMethod = method
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        if json != nil || raw != nil {
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            request.httpBody = try raw ?? JSONSerialization.data(withJSONObject: json as Any)
        }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await session.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        let fields = Dictionary(
            response.allHeaderFields.map { ("\($0.key)", "\($0.value)") }, uniquingKeysWith: { first, _ in first })
        return Answer(status: response.statusCode, headers: fields, body: data)
    }

    public func get(_ path: String) async throws -> Answer { try await send("GET", path) }
    public func post(_ path: String, _ json: Any) async throws -> Answer { try await send("POST", path, json: json) }

    /// Registers a user and returns a client that is signed in as them, with their id.
    public func register(_ name: String) async throws -> (client: TestClient, id: Int) {
        let answer = try await with(token: nil).post(
            "/api/register", ["username": name, "email": "\(name)@example.org", "password": TestClient.password])
        guard answer.status == 201, let token = answer.json["token"] as? String,
            let user = answer.json["user"] as? [String: Any], let id = user["id"] as? Int
        else { throw TestFailure("registering \(name) gave \(answer.status): \(answer.text)") }
        return (with(token: token), id)
    }

    public static let password = "correct horse battery"
}
