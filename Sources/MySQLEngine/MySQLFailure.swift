internal import Tenancy

/// An error of the server or of Connector/C, by its number; becomes a `TenancyError` where it leaves the engine.
struct MySQLFailure: Error {
    let number: UInt32
    let state: String
    let sql: String?

    var tenancyError: TenancyError {
        let (code, message) = MySQLErrors.meaning(of: number, state: state)
        return TenancyError(code, message, engine: .mysql, sql: sql)
    }
}
