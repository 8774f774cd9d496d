internal import Tenancy

/// An error of the server or of Connector/C with its number; becomes a `TenancyError` when it leaves the engine.
struct MySQLFailure: Error {
    /// A table as an error names it.
    struct Table {
        let database: String?
        let table: String
    }

    let number: UInt32
    let state: String
    let sql: String?
    /// The table that the login may not access, if that is the error.
    var deniedTable: Table?

    init(number: UInt32, state: String, sql: String?) {
        self.number = number
        self.state = state
        self.sql = sql
    }

    var tenancyError: TenancyError {
        let (code, message) = MySQLErrors.meaning(of: number, state: state)
        var error = TenancyError(code, message, engine: .mysql, sql: sql)
        error.isEffectThere = MySQLErrors.isEffectThere(number)
        return error
    }
}
