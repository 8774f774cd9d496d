internal import Tenancy

/// The counts of users, databases and jobs, shared by concurrent viewers: with 100,000 users they cost the main
/// database tens of milliseconds.
actor FleetCounts {
    /// How long counts are shown before they are refreshed.
    static let maxAge: Duration = .seconds(4)

    private let main: MainDatabase
    private let time: any TimeSource
    private var last: (counts: FleetRepository.Counts, at: Duration)?

    init(main: MainDatabase, time: any TimeSource) {
        self.main = main
        self.time = time
    }

    func counts() async throws -> FleetRepository.Counts {
        let now = time.monotonicNow
        if let last {
            if now - last.at < Self.maxAge { return last.counts }
            // Concurrent viewers see the previous counts.
            self.last = (last.counts, now)
        }
        let counts = try await main.withDatabase(.read) { try await FleetRepository($0).counts() }
        last = (counts, now)
        return counts
    }
}
