/// Jobs over many databases. Memory does not depend on their number: items are read as their turn comes.
extension JobRun {
    /// The most items of one call of ``addItems(_:)``.
    public static let maxItemsAtOnce = 500

    /// How to go through the items of a wave.
    public struct ItemLimits: Sendable {
        /// The most items at the same time.
        public var atOnce: Int
        /// The most items of one server, or of all files, at the same time.
        public var perServer: Int
        /// Stops the wave once more have failed; nil for never.
        public var maxFailures: Int?

        public init(atOnce: Int = 8, perServer: Int = 4, maxFailures: Int? = nil) {
            precondition(atOnce > 0 && perServer > 0, "at least one at once")
            self.atOnce = atOnce
            self.perServer = perServer
            self.maxFailures = maxFailures
        }
    }

    /// Adds databases to the job and to its total, except those that it has. Repeatable.
    /// - Parameter items: at most ``maxItemsAtOnce``.
    /// - Throws: ``TenancyError`` `jobTakenOver`.
    public func addItems(_ items: [JobItemRequest]) async throws {
        precondition(items.count <= Self.maxItemsAtOnce, "more than \(Self.maxItemsAtOnce) items at once")
        guard !items.isEmpty else { return }
        try checkStop()
        let date = main.time.wallNow
        try await transaction { database in
            let added = try await JobItemRepository(database).add(items, to: claim, date: date)
            try await JobRepository(database).addToTotal(added, of: claim)
        }
    }

    /// The greatest user id among the job's items, to go on adding after it; nil if there are none.
    public func lastItemUser() async throws -> UserID? {
        try await main.withDatabase(.read) { try await JobItemRepository($0).lastUser(of: claim.id) }
    }

    /// Gives every item of a wave to the body that has not ended, each to one caller only, and records how it ends.
    ///
    /// Returns when none is left. Items that an earlier attempt had begun and not ended are given out again. The items of
    /// a server that does not answer wait for it, while the others go on.
    /// - Parameter body: works on one item. What it throws is the item's failure, unless the job stops.
    /// - Returns: how they ended.
    /// - Throws: ``JobStop``; ``TenancyError`` `jobTakenOver`.
    public func forEachItem(
        wave: Int = 0, _ limits: ItemLimits = ItemLimits(),
        _ body: @escaping @Sendable (JobItem) async throws -> JobItemEnd
    ) async throws -> JobCounts {
        let date = main.time.wallNow
        try await transaction { try await JobItemRepository($0).giveBack(claim, date: date) }
        return try await JobItemWalk(run: self, wave: wave, limits: limits, body: body).go()
    }
}
