internal import Foundation

/// A process that works on jobs, as stored in `Job.Owner`: host, process, machine and a number of its own.
public struct JobOwner: Sendable, Hashable, CustomStringConvertible {
    static let maxLength = 200
    private static let maxHost = 100

    public let host: String
    public let process: Int32
    /// Processes with the same text have the same kernel and the same numbers of processes.
    let machine: String
    private let number: String

    init(host: String, process: Int32, machine: String, number: String) {
        self.host = String(host.filter { $0 != "/" && $0 != " " }.prefix(Self.maxHost))
        self.process = process
        self.machine = machine
        self.number = number
    }

    /// An owner in this process.
    static func current() -> JobOwner {
        JobOwner(
            host: hostName(), process: getpid(), machine: machineName(),
            number: String(UInt64.random(in: 0 ... .max), radix: 36))
    }

    init?(text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let process = Int32(parts[1]) else { return nil }
        self.init(host: parts[0], process: process, machine: parts[2], number: parts[3])
    }

    var text: String { "\(host)/\(process)/\(machine)/\(number)" }

    /// The host and the process number.
    public var description: String { "\(host):\(process)" }

    /// Whether the owner certainly does not run any more. False for an owner on another machine, of which only its
    /// lease tells.
    func hasEnded(seenFrom here: JobOwner, isRunning: (Int32) -> Bool = Self.isRunning) -> Bool {
        guard machine == here.machine, machine != Self.unknownMachine, process != here.process else {
            return false
        }
        return !isRunning(process)
    }

    private static let unknownMachine = "unknown"

    private static func isRunning(_ process: Int32) -> Bool { kill(process, 0) == 0 || errno == EPERM }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        // The last byte stays 0 if a longer name is cut.
        guard gethostname(&name, name.count - 1) == 0 else { return unknownMachine }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The boot of the kernel, and the namespace of process numbers. Without both, nobody is taken for ended.
    private static func machineName() -> String {
        let files = FileManager.default
        guard let boot = files.contents(atPath: "/proc/sys/kernel/random/boot_id"),
            let space = try? files.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")  // absent: unknown
        else { return unknownMachine }
        let id = String(decoding: boot.filter { $0 != 0x0A && $0 != 0x2D }, as: UTF8.self)
        return id + "-" + space.filter(\.isNumber)
    }
}
