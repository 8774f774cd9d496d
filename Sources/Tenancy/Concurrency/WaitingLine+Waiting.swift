/// How a task waits in a line.
extension WaitingLine {
    /// Changes the line under its owner's lock. The owner takes those who left by themselves out of its own account in
    /// the same step.
    package typealias Access = @Sendable (_ change: (inout WaitingLine) -> Effects) -> Effects

    /// What ends a wait in a line with a limit.
    package struct Timeout: Sendable {
        package let time: any TimeSource
        let error: @Sendable () -> any Error

        package init(time: any TimeSource, error: @escaping @Sendable () -> any Error) {
            self.time = time
            self.error = error
        }
    }

    /// Returns what is granted to a ticket. A cancelled task leaves the line at once.
    /// - Parameters:
    ///   - cancelled: the error for a cancelled task.
    ///   - timeout: for a line with a limit.
    ///   - access: should hold the owner weakly if there is a timeout: the task that watches the deadlines may outlive
    ///     the waiters.
    /// - Throws: the error of the decision.
    package static func wait(
        for ticket: Ticket, cancelled: TenancyError = .cancelledWhileWaiting, timeout: Timeout? = nil,
        through access: @escaping Access
    ) async throws -> Value {
        try await withTaskCancellationHandler {
            try await waitFirmly(for: ticket, timeout: timeout, through: access).get()
        } onCancel: {
            access { $0.withdraw(ticket, cancelled) }.run()
        }
    }

    /// The decision on a ticket; cancellation does not end the wait.
    package static func waitFirmly(
        for ticket: Ticket, timeout: Timeout? = nil, through access: @escaping Access
    ) async -> Decision {
        await withCheckedContinuation { continuation in
            let effects = access { line in line.park(ticket) { continuation.resume(returning: $0) } }
            effects.run()
            if effects.mustWatch, let timeout { watch(timeout, through: access) }
        }
    }

    /// Dismisses those who are late, while anyone waits. It works for all of them and takes over nothing from the one
    /// that happened to start it, so it is no child of that task; it ends with the line's last waiter, at the latest when
    /// that one's limit has passed.
    private static func watch(_ timeout: Timeout, through access: @escaping Access) {
        Task.detached {
            while true {
                let now = timeout.time.monotonicNow
                let effects = access { $0.expire(now: now, timeout.error) }
                effects.run()
                guard let next = effects.nextDeadline else { return }
                // Nothing cancels this task; the sleep is not cut short.
                try? await timeout.time.sleep(for: next - now)
            }
        }
    }
}

extension TenancyError {
    package static var cancelledWhileWaiting: TenancyError {
        TenancyError(.cancelled, "The task was cancelled while it waited.")
    }
}
