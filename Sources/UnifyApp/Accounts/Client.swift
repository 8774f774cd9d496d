internal import Hummingbird
internal import Tenancy

/// Where a request comes from: for counting tries, and for telling sessions apart.
struct Client: Sendable, Hashable {
    /// Of whoever asks: the other end of the connection, or whom a trusted proxy forwards for. `-` where it has none.
    let address: String
    /// What tries are counted by: the address, or the first 64 bits of one of IPv6, of which a client has all others too.
    let network: String
    /// Whether it asks from this machine, and no proxy forwards what it asks.
    let isOnThisMachine: Bool
    /// As `Firefox on Linux`; nil if the client says nothing of itself. Only this is kept, not all that it says.
    let name: String?

    static let maxName = 100

    init(address: IPAddress?, userAgent: String?, isOnThisMachine: Bool = false) {
        self.address = address?.description ?? "-"
        network = address?.network ?? "-"
        self.isOnThisMachine = isOnThisMachine
        name = userAgent.flatMap(Self.name)
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
        // A program says its name first, as `curl/8.5.0`.
        let program = userAgent.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        guard let client = browser ?? (program.isEmpty ? nil : String(program.prefix(maxName / 2))) else {
            return system
        }
        return system.map { "\(client) on \($0)" } ?? client
    }
}
