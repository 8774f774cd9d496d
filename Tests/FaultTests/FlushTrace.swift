import Foundation

/// What a server had written and not flushed each time it acknowledged a write, read from what strace wrote down.
struct FlushTrace {
    /// For each answer with the status 201: the files with bytes that power loss could have taken.
    private(set) var unflushedAtAnswers: [Set<String>] = []
    private var lastWrite: [String: Int] = [:]
    /// By thread: what it is flushing, and since when.
    private var flushing: [Substring: (path: String, since: Int)] = [:]

    init(_ text: String) {
        for (moment, line) in text.split(separator: "\n").enumerated() { read(line, moment) }
    }

    private mutating func read(_ line: Substring, _ moment: Int) {
        let thread = line.prefix { $0 != " " }
        let call = line.dropFirst(thread.count).drop { $0 == " " }
        if call.hasPrefix("<... fsync resumed") || call.hasPrefix("<... fdatasync resumed") {
            if let flush = flushing.removeValue(forKey: thread), call.hasSuffix("= 0") { end(flush) }
        } else if call.hasPrefix("fsync(") || call.hasPrefix("fdatasync(") {
            guard let path = Self.path(in: call) else { return }
            if call.hasSuffix("<unfinished ...>") {
                flushing[thread] = (path, moment)
            } else if call.hasSuffix("= 0") {
                end((path, moment))
            }
        } else if call.contains("HTTP/1.1 201") {
            unflushedAtAnswers.append(Set(lastWrite.keys))
        } else if call.hasPrefix("linkat(") || call.hasPrefix("mkdir("), !call.contains("= -1") {
            // The name of a new database, or of its folder, is in the folder above.
            guard let path = Self.lastQuoted(in: call), path.hasSuffix(".db") || path.contains("/users") else { return }
            lastWrite[(path as NSString).deletingLastPathComponent] = moment
        } else if let path = Self.path(in: call), path.hasSuffix(".db") || path.hasSuffix("-wal") {
            // The index of the log, `-shm`, is made anew from the log.
            lastWrite[path] = moment
        }
    }

    private mutating func end(_ flush: (path: String, since: Int)) {
        if let last = lastWrite[flush.path], last <= flush.since { lastWrite[flush.path] = nil }
    }

    private static func lastQuoted(in call: Substring) -> String? {
        let parts = call.split(separator: "\"", omittingEmptySubsequences: false)
        return parts.count >= 3 ? String(parts[parts.count - 2]) : nil
    }

    /// The path in `write(7</path>, …`.
    private static func path(in call: Substring) -> String? {
        guard let start = call.firstIndex(of: "<"), let end = call[start...].firstIndex(of: ">") else { return nil }
        return String(call[call.index(after: start)..<end])
    }
}
