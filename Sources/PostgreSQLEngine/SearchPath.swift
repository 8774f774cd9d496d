/// Where a session looks for what is named without a schema. Set for every session, over whatever a login or a database
/// has set for itself, and with temporary objects last.
enum SearchPath: String {
    /// In a database with a schema of Unify's; the server's own names come first of all.
    case schema = "public,pg_temp"
    /// In the database where others are made: nothing that anybody may have left there is taken for the server's own.
    case serverOnly = "pg_catalog,pg_temp"
}
