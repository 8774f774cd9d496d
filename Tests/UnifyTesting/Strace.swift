/// strace(1), which looks at a server's system calls, or answers some of them itself.
public enum Strace {
    /// Whether this machine lets a process trace another.
    public static let works: Bool = {
        let command = ["/usr/bin/strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "/bin/true"]
        return (try? ChildProcess.run(command, errors: .nothing)) == 0
    }()

    /// Answers some system calls itself.
    /// - Parameter path: only calls about this file; nil for all.
    public static func tampering(_ calls: String, _ how: String, at path: String? = nil) -> [String] {
        ["/usr/bin/strace", "-D", "-f", "-qq", "-o", "/dev/null"] + (path.map { ["-P", $0] } ?? [])
            + ["-e", "trace=\(calls)", "-e", "inject=\(calls):\(how)"]
    }

    /// Says of every disk that it has this size and this much space left, as the system call statfs(2) does.
    public static func pretending(megabytes: Int, free: Int) -> [String] {
        // f_type, f_bsize, f_blocks, f_bfree, f_bavail
        let fields: [UInt64] = [0xef53, 4096, UInt64(megabytes) * 256, UInt64(free) * 256, UInt64(free) * 256]
        let bytes = fields.flatMap { field in (0..<8).map { UInt8(truncatingIfNeeded: field >> (8 * $0)) } }
        let digits = bytes.map { String(0x100 + Int($0), radix: 16).dropFirst() }.joined()
        return tampering("statfs", "poke_exit=@arg2=\(digits)")
    }

    /// Writes down what is written and what is flushed, with the paths of the files.
    public static func watchingFlushes(into file: String) -> [String] {
        [
            "/usr/bin/strace", "-D", "-f", "-y", "-s", "16", "-o", file, "-e",
            "trace=write,writev,pwrite64,ftruncate,fsync,fdatasync,sendto,sendmsg,linkat,link,mkdir,rename,renameat2",
        ]
    }
}
