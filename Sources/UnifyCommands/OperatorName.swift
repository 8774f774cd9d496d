internal import Foundation

/// The operator's name in the audit log: `cli:USER@HOST`, and the user of sudo.
enum OperatorName {
    private static let maxPart = 60

    static var current: String {
        name(
            user: loginName(of: getuid()) ?? "uid \(getuid())", host: hostName,
            sudoUser: ProcessInfo.processInfo.environment["SUDO_USER"])
    }

    /// - Parameter sudoUser: sudo's environment variable, which could be forged: it is added to the user and never
    ///   replaces them.
    static func name(user: String, host: String, sudoUser: String?) -> String {
        let name = "cli:\(plain(user))@\(plain(host))"
        guard let sudoUser, !sudoUser.isEmpty, sudoUser != user else { return name }
        return "\(name) (sudo by \(plain(sudoUser)))"
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        // The last byte stays 0 if a longer name is cut.
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func loginName(of user: uid_t) -> String? {
        var (entry, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return String(cString: entry.pw_name)
    }

    private static func plain(_ text: String) -> String {
        String(TerminalText.harmless(text).prefix(maxPart))
    }
}
