import UnifyTesting

/// strace(1), which looks at a server's system calls, or answers some of them itself.
enum Strace {
    /// Whether this machine lets a process trace another.
    static let works: Bool = {
        let command = ["/usr/bin/strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "/bin/true"]
        return (try? ChildProcess.run(command, errors: .nothing)) == 0
    }()

    /// Answers some system calls itself.
    static func tampering(_ calls: String, _ how: String) -> [String] {
        [
            "/usr/bin/strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(calls)", "-e",
            "inject=\(calls):\(how)",
        ]
    }

    /// Writes down what is written and what is flushed, with the paths of the files.
    static func watchingFlushes(into file: String) -> [String] {
        [
            "/usr/bin/strace", "-D", "-f", "-y", "-s", "16", "-o", file, "-e",
            "trace=write,writev,pwrite64,ftruncate,fsync,fdatasync,sendto,sendmsg,linkat,link,mkdir,rename,renameat2",
        ]
    }
}
