internal import Foundation

/// Reports the progress of long work: on a terminal by one changing line, elsewhere by a line every few seconds, and
/// for programs by JSON objects on the standard output.
struct Progress {
    enum Form { case text, json }

    /// Time between two lines without a terminal.
    private static let interval: Duration = .seconds(5)
    /// Time between two changes of the line on a terminal.
    private static let terminalInterval: Duration = .milliseconds(100)

    var total: Int
    /// The job that is watched; nil for work of this process.
    private let job: Int64?
    private let form: Form
    private let isTerminal = isatty(STDERR_FILENO) != 0
    private let started = ContinuousClock.now
    private var toldAt = ContinuousClock.now
    private var hasLine = false
    private(set) var done = 0
    private(set) var failed = 0

    init(total: Int, form: Form = .text, job: Int64? = nil) {
        self.total = total
        self.job = job
        self.form = form
    }

    /// One more is dealt with.
    mutating func advance(failed isFailure: Bool = false) throws {
        if isFailure { failed += 1 } else { done += 1 }
        try tellIfDue()
    }

    /// Sets the progress so far.
    mutating func set(done: Int, failed: Int) throws {
        (self.done, self.failed) = (done, failed)
        try tellIfDue()
    }

    private mutating func tellIfDue() throws {
        let now = ContinuousClock.now
        let interval = isTerminal && form == .text ? Self.terminalInterval : Self.interval
        guard now - toldAt >= interval || (hasLine && done + failed == total) else { return }
        toldAt = now
        try tell()
    }

    /// Prints a permanent line beside the changing one.
    mutating func note(_ text: String) {
        clear()
        CommandOutput.note(text)
    }

    /// Call at the end: removes the changing line.
    mutating func finish() { clear() }

    /// The last object of the JSON lines.
    func end(_ state: String, skipped: Int = 0) throws {
        guard form == .json else { return }
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        try CommandOutput.raw(
            "{\"event\":\"end\",\"job\":\(job.map(String.init) ?? "null"),\"state\":\"\(state)\",\"done\":\(done),\"failed\":\(failed),"
                + "\"skipped\":\(skipped),\"seconds\":\(String(format: "%.3f", seconds))}\n")
    }

    private mutating func tell() throws {
        let seconds = max((ContinuousClock.now - started) / .seconds(1), 0.001)
        let rate = Double(done + failed) / seconds
        switch form {
        case .json:
            try CommandOutput.raw(
                "{\"event\":\"progress\",\"done\":\(done),\"total\":\(total),\"failed\":\(failed),"
                    + "\"rate\":\(String(format: "%.1f", rate))}\n")
        case .text:
            let line = "\(done + failed) of \(total)" + (failed > 0 ? ", \(failed) failed" : "")
            guard isTerminal else { return CommandOutput.note(line) }
            StandardStream.error.writeIgnoringErrors("\r\u{1B}[K\(bar) \(line)")
            hasLine = true
        }
    }

    private var bar: String {
        let width = 30
        let filled = total > 0 ? min(width, (done + failed) * width / total) : width
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]"
    }

    private mutating func clear() {
        guard hasLine else { return }
        StandardStream.error.writeIgnoringErrors("\r\u{1B}[K")
        hasLine = false
    }
}
