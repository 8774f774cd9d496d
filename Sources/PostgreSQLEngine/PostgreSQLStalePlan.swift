internal import Tenancy

/// A prepared statement whose table has got other columns meanwhile ("cached plan must not change result type").
struct PostgreSQLStalePlan: Error {
    /// What to say where it cannot be prepared again: in a transaction, which has failed by that.
    let error: TenancyError
}
