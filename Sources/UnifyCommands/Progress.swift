internal import Foundation

/// A line on the terminal that tells how far long work has come. Prints nothing where there is no terminal.
struct Progress {
    private let total: Int
    private let isVisible = isatty(STDERR_FILENO) != 0
    private var done = 0

    init(total: Int) { self.total = total }

    mutating func advance() {
        done += 1
        guard isVisible, done % 10 == 0 || done == total else { return }
        let width = 30
        let filled = total > 0 ? min(width, done * width / total) : width
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        FileHandle.standardError.write(Data("\r[\(bar)] \(done)/\(total)".utf8))
    }

    func finish() {
        if isVisible, done > 0 { FileHandle.standardError.write(Data("\n".utf8)) }
    }
}
