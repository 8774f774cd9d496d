internal import Tenancy

/// A prepared statement whose table has other columns now ("cached plan must not change result type").
struct PostgreSQLStalePlan: Error {
    /// The error if it cannot be prepared again because it was in a transaction, which has failed.
    let error: TenancyError
}
