internal import Hummingbird
internal import Tenancy

/// Where a request comes from: for counting attempts, and for telling sessions apart.
struct Client: Sendable, Hashable {
    /// The address of the connection's other end, or of the client for which a trusted proxy forwards; `-` if there
    /// is none.
    let address: String
    /// The key for counting attempts: an IPv4 address, or the first 64 bits of an IPv6 address, because a client has
    /// all the others of that prefix too.
    let network: String
    /// Whether the request comes from this machine without a proxy.
    let isOnThisMachine: Bool
    /// For example `Firefox on Linux`; nil if the client does not say. Nothing else of the header is kept.
    let name: String?

    static let maxName = 100

    init(address: IPAddress?, userAgent: String?, isOnThisMachine: Bool = false) {
        self.address = address?.description ?? "-"
        network = address?.network ?? "-"
        self.isOnThisMachine = isOnThisMachine
        name = userAgent.flatMap(Self.name)
    }

    /// The client of a request.
    init(of request: Request, _ context: UnifyRequestContext, behind proxies: TrustedProxies) {
        let address = context.peer.map { proxies.client(behind: $0, forwardedFor: request.headers[.xForwardedFor]) }
        self.init(
            address: address, userAgent: request.headers[.userAgent],
            isOnThisMachine: context.isFromLoopback && !OperationsDoor.isForwarded(request))
    }

    /// Later ones also call themselves by the names of earlier ones.
    private static let browsers = [
        ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"),
        ("HeadlessChrome", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
    ]
    private static let systems = [
        ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"), ("Linux", "Linux"),
    ]

    private static func name(_ userAgent: String) -> String? {
        let browser = browsers.first { userAgent.contains("\($0.0)/") }?.1
        let system = systems.first { userAgent.contains($0.0) }?.1
        // Programs begin with their name, as in `curl/8.5.0`.
        let program = userAgent.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        guard let client = browser ?? (program.isEmpty ? nil : String(program.prefix(maxName / 2))) else {
            return system
        }
        return system.map { "\(client) on \($0)" } ?? client
    }
}
