package import Tenancy

/// Names of pools for tests: a letter for the family, and the number of the epoch, which is none for the first.
extension String: PoolMember {
    package var family: String { String(prefix(1)) }

    package func isBefore(_ other: String) -> Bool { family == other.family && epoch < other.epoch }

    private var epoch: Int { Int(dropFirst()) ?? 0 }
}
