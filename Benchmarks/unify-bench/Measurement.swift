internal import Foundation

/// One case as `Benchmarks/bench.py` reads it.
struct Measurement: Encodable {
    /// What of the figures is held against the target: the medians' ratio, the median itself, or their difference.
    enum Kind: String, Encodable { case ratio, value, difference }
    enum Relation: String, Encodable {
        case atMost = "at_most"
        case atLeast = "at_least"
    }

    enum CodingKeys: String, CodingKey {
        case name = "case"
        case unit, ours, peer
        case peerName = "peer_name"
        case kind, relation, target, note
    }

    let name: String
    let unit: String
    var ours: [Double] = []
    var peer: [Double] = []
    let peerName: String
    let kind: Kind
    let relation: Relation
    let target: Double
    var note: String?

    /// Prints the case as a line of JSON.
    func print() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        FileHandle.standardOutput.write(try encoder.encode(self) + Data("\n".utf8))
    }

    /// The same case with its figures, a pair for each round.
    func measured(
        rounds: Int, ours: () async throws -> Double, peer: () throws -> Double
    ) async throws -> Measurement {
        var result = self
        for round in 1...rounds {
            Progress.tell("\(name): round \(round) of \(rounds)")
            result.peer.append(try peer())
            result.ours.append(try await ours())
        }
        return result
    }

    func measured(rounds: Int, ours: () async throws -> Double) async throws -> Measurement {
        var result = self
        for round in 1...rounds {
            Progress.tell("\(name): round \(round) of \(rounds)")
            result.ours.append(try await ours())
        }
        return result
    }
}

/// Lines about what is going on, on the standard error stream.
enum Progress {
    static func tell(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }
}

/// How long work takes.
enum Stopwatch {
    /// Seconds.
    static func time(_ body: () async throws -> Void) async rethrows -> Double {
        let start = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    /// Seconds for as many bodies at once, each of which is given its number.
    static func time(tasks: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws -> Double {
        try await time {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<tasks { group.addTask { try await body(number) } }
                try await group.waitForAll()
            }
        }
    }
}
