internal import Logging

/// Writes log lines to the standard error stream as swift-log does, with values that any logfmt reader can parse.
struct LogfmtHandler: LogHandler {
    private static let framework = "HummingbirdCore"
    private var base: StreamLogHandler

    init(label: String) { base = .standardError(label: label) }

    var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue.mapValues(Self.quoted) }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { base.metadataProvider }
        set { base.metadataProvider = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue.map(Self.quoted) }
    }

    func log(event: LogEvent) {
        // At this level the framework repeats what the server logs itself.
        guard event.source != Self.framework || event.level > .info || logLevel <= .debug else { return }
        var event = event
        event.metadata = event.metadata?.mapValues(Self.quoted)
        base.log(event: event)
    }

    /// The value as one word, or in double quotes with `"`, `\` and control characters escaped.
    static func quoted(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        let text = "\(value)"
        guard text.isEmpty || text.unicodeScalars.contains(where: mustBeQuoted) else { return value }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                quoted += "\\u00\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return .string(quoted + "\"")
    }

    private static func mustBeQuoted(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value <= 0x20 || scalar.value == 0x7F || scalar == "\"" || scalar == "=" || scalar == "\\"
    }
}
