/// A path on this server that a form or a link may lead back to: never another site's.
enum LocalPath {
    /// - Returns: the path if it is safe to redirect to, otherwise the other one.
    static func checked(_ path: String, else other: String) -> String {
        guard path.utf8.count <= 1000, path.hasPrefix("/"), !path.hasPrefix("//"),
            path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return other }
        return path
    }

    /// A path with one more parameter in its query.
    static func adding(_ name: String, _ value: String, to path: String) -> String {
        "\(path)\(path.contains("?") ? "&" : "?")\(name)=\(URLEncodedPairs.encode(value))"
    }

    /// A path with these parameters, those without a value left out.
    static func query(_ path: String, _ parameters: KeyValuePairs<String, String?>) -> String {
        parameters.reduce(path) { path, parameter in
            guard let value = parameter.value, !value.isEmpty else { return path }
            return adding(parameter.key, value, to: path)
        }
    }
}
