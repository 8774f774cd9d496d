import Tenancy
import TenancyTesting
import Testing

@testable import UnifyApp

/// A line that refuses a task at once if it is full, as a test sees it.
struct BoundedLine: Sendable {
    /// The code of the problem that says so.
    let refusal: String
    /// Joins the line, and leaves it as soon as it is the task's turn.
    let admit: @Sendable () async throws -> Void

    /// Whether one more would be refused.
    func isFull() async -> Bool {
        let probe = Task { try await admit() }
        for _ in 0..<100 { await Task.yield() }
        probe.cancel()
        do {
            try await probe.value
            return false
        } catch {
            return (error as? Problem)?.code == refusal
        }
    }

    /// Fills the line with so many tasks and cancels them: each leaves at once, and no place is lost. Call it while nobody's
    /// turn can come.
    func losesNobodysPlace(filledBy count: Int) async throws {
        let waiting = (1...count).map { _ in Task { try await join() } }
        try await eventually("the line is full", within: .seconds(60)) { await isFull() }
        for task in waiting { task.cancel() }
        for task in waiting {
            let error = await #expect(throws: TenancyError.self) { try await task.value("a cancelled task leaves") }
            #expect(error?.code == .cancelled)
        }
        try #require(await !isFull())
    }

    /// Joins even if the one that looks whether the line is full has its place for a moment.
    private func join() async throws {
        while true {
            do { return try await admit() } catch is Problem { await Task.yield() }
        }
    }
}
