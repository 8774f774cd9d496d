/// The variables that Kubernetes and Docker's links add to the environment for every service: `UNIFY_SERVICE_HOST`,
/// `UNIFY_PORT=tcp://10.0.0.7:80`, `UNIFY_PORT_80_TCP_ADDR` for a service called `unify`. They are no settings.
enum ServiceLink {
    static func isOne(_ name: String, _ value: String, in environment: [String: String]) -> Bool {
        guard name.hasPrefix("UNIFY_") else { return false }
        if name.hasSuffix("_SERVICE_HOST") { return !value.contains("/") }
        if name.contains("_SERVICE_PORT") {
            return name.wholeMatch(of: #/UNIFY_(?:[A-Z0-9_]+_)?SERVICE_PORT(?:_[A-Z0-9_]+)?/#) != nil && isNumber(value)
        }
        if name.hasSuffix("_PORT"), isAddress(value) { return true }
        if name.wholeMatch(
            of: #/UNIFY_(?:[A-Z0-9_]+_)?PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR|PORT_START|PORT_END))?/#)
            != nil
        {
            return true
        }
        // Docker's links give the names of the two containers, and the other's environment.
        if name == "UNIFY_NAME" { return isLink(value) }
        return name.hasPrefix("UNIFY_ENV_") && environment["UNIFY_NAME"].map(isLink) ?? false
    }

    private static func isAddress(_ value: String) -> Bool {
        ["tcp://", "udp://", "sctp://"].contains(where: value.hasPrefix)
    }

    private static func isNumber(_ value: String) -> Bool {
        !value.isEmpty && value.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isLink(_ value: String) -> Bool { value.wholeMatch(of: #//[^/]+/[^/]+/#) != nil }
}
