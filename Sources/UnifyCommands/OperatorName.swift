internal import Foundation

/// Who runs this command, as the audit log names them: `cli:USER@HOST`, and by whose sudo.
enum OperatorName {
    private static let maxPart = 60

    static var current: String {
        name(
            user: loginName(of: getuid()) ?? "uid \(getuid())", host: hostName,
            sudoUser: ProcessInfo.processInfo.environment["SUDO_USER"])
    }

    /// - Parameter sudoUser: what sudo says in the environment, which whoever runs the command could have written there: it
    ///   stands beside the user, never in their place.
    static func name(user: String, host: String, sudoUser: String?) -> String {
        let name = "cli:\(plain(user))@\(plain(host))"
        guard let sudoUser, !sudoUser.isEmpty, sudoUser != user else { return name }
        return "\(name) (sudo by \(plain(sudoUser)))"
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        // The last byte stays 0 where a longer name is cut.
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
