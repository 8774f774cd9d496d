public import Tenancy

extension Accounts {
    private static let addressBatch = 200

    /// Gives every user's address its normal form where it has none yet: after an upgrade from a version without one, and
    /// after such a version has run beside this one. Can be repeated.
    /// - Returns: the users that were found to share their address with one who registered before them.
    /// - Throws: ``TenancyError`` `uniqueViolation` if another process did the same at that moment.
    public func completeAddresses() async throws -> [UserID] {
        var shared: [UserID] = []
        while !Task.isCancelled {
            let missing = try await main.withDatabase(.read) {
                try await EmailRepository($0).missing(limit: Self.addressBatch)
            }
            guard !missing.isEmpty else { break }
            shared += try await main.transaction { database in
                let emails = EmailRepository(database)
                var duplicates: [UserID] = []
                for (userID, email) in missing {
                    let isDuplicate = try await emails.isTaken(email, except: userID)
                    try await emails.insert(email, of: userID, isDuplicate: isDuplicate)
                    if isDuplicate { duplicates.append(userID) }
                }
                return duplicates
            }
        }
        try await main.withDatabase(.write) { try await EmailRepository($0).deleteLeftovers() }
        return shared
    }
}
