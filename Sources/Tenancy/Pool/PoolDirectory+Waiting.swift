internal import Synchronization

/// Asking for leases and reservations, and waiting for them.
extension PoolDirectory {
    func acquire(
        _ key: PoolKey, access: Access, hasSingleWriter: Bool, exclusively: Bool, on locate: Locator
    ) async throws -> (Machine.Grant, Machine.Lease) {
        let granted = state.withLock { state in
            state.totals.leases += 1
            return state.machine.leaseIdle(
                key, access: access, hasSingleWriter: hasSingleWriter, exclusively: exclusively)
        }
        if let granted { return granted }
        let server = try await locate()
        await perform(dismissing: .staleLease) { $0.retire(before: key) }
        let held = heldByTask
        do {
            return try await ask(on: server, at: .key(key), unless: refuseToWait) {
                $0.lease(
                    key, access: access, hasSingleWriter: hasSingleWriter, exclusively: exclusively, on: server,
                    inside: held)
            }
        } catch let error as TenancyError where error.code == .nestedLease {
            throw key.family.map(error.about) ?? error
        }
    }

    /// - Parameters:
    ///   - refuseToWait: asked if it must wait: the error where it may not.
    ///   - request: asks for a lease or a reservation on the server, which waits in the place if it must.
    func ask(
        on server: ServerLimit?, at place: Machine.Place, unless refuseToWait: () -> TenancyError? = { nil },
        _ request: (inout Machine) -> Machine.LeaseAction
    ) async throws -> (Machine.Grant, Machine.Lease) {
        if let server { await perform { $0.setLimit(server) } }
        let action = try state.withLock { state in
            let action = request(&state.machine)
            switch action {
            case .grant: break
            case .refuse(.superseded), .refuse(.waitsForItself): break
            case .refuse: state.totals.refusals += 1
            case .wait(let ticket):
                if let error = refuseToWait() {
                    // It stood at the end of its line, so nobody moves up.
                    _ = state.machine.cancel([ticket], at: place)
                    throw error
                }
                state.totals.waits += 1
                _ = state.line.join(place, as: ticket, now: time.monotonicNow)
            }
            return action
        }
        switch action {
        case .grant(let grant, let lease): return (grant, lease)
        case .refuse(let refusal): throw Self.error(of: refusal)
        case .wait(let ticket): return try await wait(for: ticket)
        }
    }

    private func wait(for ticket: Machine.Ticket) async throws -> (Machine.Grant, Machine.Lease) {
        let timeout = Line.Timeout(time: time) { TenancyError(.poolTimeout, "") }
        do {
            return try await Line.wait(for: ticket, timeout: timeout) { [weak self] change in
                self?.changeLine(change) ?? Line.Effects()
            }
        } catch let error as TenancyError where error.code == .poolTimeout {
            throw timeoutError(of: state.withLock { $0.obstacles.removeValue(forKey: ticket) })
        }
    }

    /// Changes the line. The machine forgets those who left it by themselves, all of one place at once: whoever is served
    /// instead must still wait.
    private func changeLine(_ change: (inout Line) -> Line.Effects) -> Line.Effects {
        state.withLock { state in
            var effects = change(&state.line)
            guard !effects.departures.isEmpty else { return effects }
            for gone in effects.departures where gone.reason == .late {
                state.totals.timeouts += 1
                state.obstacles[gone.ticket] = state.machine.obstacle(at: gone.key)
            }
            for (place, gone) in Dictionary(grouping: effects.departures, by: \.key) {
                guard let freed = state.machine.cancel(gone.map(\.ticket), at: place) else { continue }
                effects.resumptions += state.decide(freed, dismissing: .cancelledWhileWaiting)
            }
            return effects
        }
    }
}
