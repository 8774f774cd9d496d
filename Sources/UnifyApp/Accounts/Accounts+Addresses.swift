public import Tenancy

extension Accounts {
    private static let addressBatch = 200

    /// Stores the normal form of every email address that lacks one: after an upgrade from a version without it, and
    /// after such a version has run beside this one. Repeatable.
    /// - Returns: users who share their address with someone who registered earlier.
    /// - Throws: ``TenancyError`` `uniqueViolation` if another process does the same at that moment.
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
