internal import Tenancy

/// A server's report as commands print it.
struct ServerReportOutput: Encodable {
    let name: String
    let version: String
    let isEncrypted: Bool?
    /// Statements that make the users' databases safer, for an administrator of the server.
    let advice: [String]
    private let host: String
    private let login: String
    private let isUnverified: Bool

    private enum CodingKeys: String, CodingKey { case name, version, isEncrypted, advice }

    init(_ report: ServerReport, name: String, host: String, login: String, tls: TLSOptions) {
        (self.name, version, isEncrypted, advice) = (name, report.version, report.isEncrypted, report.advice)
        (self.host, self.login, isUnverified) = (host, login, tls.isUnverified(for: host))
    }

    init(_ report: ServerReport, of request: ServerRequest) {
        self.init(report, name: request.name, host: request.host, login: request.login.name, tls: request.tls)
    }

    init(_ report: ServerReport, of server: DatabaseServer) {
        self.init(report, name: server.name, host: server.host, login: server.login, tls: server.tls)
    }

    func print(_ output: OutputOptions, _ first: String) throws {
        try output.print(self) { [first] + hints }
    }

    private var hints: [String] {
        var lines: [String] = []
        if isEncrypted == false { lines.append("The connection to it is not encrypted; see --tls.") }
        if isUnverified { lines.append("Nothing makes sure that \(host) is the server; --tls verify-full does.") }
        guard !advice.isEmpty else { return lines }
        return lines
            + [
                "The server, or the login \(login), allows more than Unify needs. As an administrator of the server, run:"
            ]
            + advice.map { "  \(Self.ended($0))" }
    }

    /// With its semicolon before the comment, so that it can be pasted.
    private static func ended(_ statement: String) -> String {
        guard let comment = statement.firstRange(of: " -- ") else { return statement + ";" }
        let sql = statement[..<comment.lowerBound]
        return sql + (sql.hasSuffix(";") ? "" : ";") + statement[comment.lowerBound...]
    }
}
