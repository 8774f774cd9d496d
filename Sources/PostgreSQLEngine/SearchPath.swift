/// Where a session looks up unqualified names. Set for every session, overriding the login's and the database's
/// settings, with temporary objects last.
enum SearchPath: String {
    /// In a database with Unify's schema; the server's own names are always searched first.
    case schema = "public,pg_temp"
    /// In the maintenance database: nothing left there by others is taken for the server's own.
    case serverOnly = "pg_catalog,pg_temp"
}
