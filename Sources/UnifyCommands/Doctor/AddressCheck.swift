internal import Tenancy
internal import UnifyApp

/// Finds users who share an email address, which was possible before addresses were compared in a normal form.
struct AddressCheck {
    /// Users that are named.
    static let maxFindings = 20

    let main: MainDatabase

    func findings() async throws -> [Finding] {
        let duplicates = try await main.withDatabase(.read) {
            try await EmailRepository($0).duplicates(limit: Self.maxFindings)
        }
        guard !duplicates.isEmpty else { return [.ok("addresses", "No two users share an email address.")] }
        return duplicates.map { duplicate in
            .notice(
                "address_shared",
                "User \(duplicate.userID) shares the address \(duplicate.normalForm) with a user who registered before, "
                    + "and can sign in by their username alone.",
                remedy: "unify user set \(duplicate.userID) --email ADDRESS")
        }
    }
}
