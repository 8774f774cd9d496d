internal import Foundation

/// A login without rights, as which root runs a server: to root, the mode of a file says nothing.
public enum Nobody {
    private static let number = 65_534
    private static let setpriv = "/usr/bin/setpriv"

    public static let wrapper = [setpriv, "--reuid=\(number)", "--regid=\(number)", "--clear-groups"]

    /// Whether these tests may run a process as somebody else.
    public static let canRun = geteuid() == 0 && run("/usr/bin/test", "-d", "/")

    /// Gives a folder away, for a server to work in.
    public static func own(_ path: String) throws {
        guard chown(path, uid_t(number), gid_t(number)) == 0 else { throw TestFailure("\(path) cannot be given away") }
    }

    /// Gives a folder away with all that is in it.
    public static func ownAll(_ path: String) throws {
        guard try ChildProcess.run(["/bin/chown", "-R", "\(number):\(number)", path]) == 0 else {
            throw TestFailure("\(path) cannot be given away")
        }
    }

    /// The program where that login may run it: the one beside the tests, or a copy in the folder.
    public static func program(in folder: String) throws -> String {
        let path = UnifyProcess.programPath
        guard !run("/usr/bin/test", "-x", path) else { return path }
        try FileManager.default.copyItem(atPath: path, toPath: "\(folder)/unify")
        guard chmod("\(folder)/unify", 0o755) == 0 else { throw TestFailure("the copy cannot be made executable") }
        return "\(folder)/unify"
    }

    private static func run(_ command: String...) -> Bool {
        (try? ChildProcess.run(wrapper + command, errors: .nothing)) == 0
    }
}
