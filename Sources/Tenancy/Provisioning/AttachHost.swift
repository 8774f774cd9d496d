/// A host on which operators' own databases may be attached.
public struct AttachHost: Sendable, Hashable, CustomStringConvertible {
    public let host: String
    /// Nil for every port.
    public let port: Int?

    /// Reads `HOST`, `HOST:PORT`, or an IPv6 address in brackets with or without a port.
    /// - Returns: nil if the text does not have this form.
    public init?(_ text: String) {
        var host = Substring(text)
        var port: Int?
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            guard let number = Int(host[host.index(after: colon)...]), (1...65_535).contains(number) else { return nil }
            (port, host) = (number, host[..<colon])
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard DatabaseLocation.isHost(String(host), on: .sqlserver) else { return nil }
        self.host = host.lowercased()
        self.port = port
    }

    /// - Parameters:
    ///   - port: nil for the engine's default port.
    ///   - usualPort: the engine's default port.
    func allows(host: String, port: Int?, usualPort: Int?) -> Bool {
        self.host == host.lowercased() && (self.port == nil || self.port == port ?? usualPort)
    }

    public var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(name):\($0)" } ?? name
    }
}
