extension DatabaseLocation {
    /// Whether this is an acceptable server name: a host name or address, and nothing that a driver would read as a
    /// list of hosts, a socket folder, a user, or another option of a connection string.
    ///
    /// - Parameter engine: SQL Server also takes `HOST\INSTANCE`.
    public static func isHost(_ text: String, on engine: EngineKind) -> Bool {
        guard (1...255).contains(text.utf8.count) else { return false }
        let parts = text.split(separator: "\\", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 1 || engine == .sqlserver && isMade(parts[1], of: "_$#") else { return false }
        return parts[0].contains(":") ? isIPv6(parts[0]) : isMade(parts[0], of: "._-") && parts[0].first != "-"
    }

    private static func isIPv6(_ text: Substring) -> Bool {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        return parts[0].allSatisfy { $0.isASCII && $0.isHexDigit || $0 == ":" || $0 == "." }
            && (parts.count == 1 || isMade(parts[1], of: "._-"))
    }

    /// Whether the text is not empty and has only ASCII letters, digits and these characters.
    private static func isMade(_ text: Substring, of others: String) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || others.contains($0) }
    }

    /// Whether the server is on this machine, so that no network lies between.
    public var isOnThisMachine: Bool { TLSOptions.isLoopback(host) }
}
