/// A query that gives no row before it is stopped.
enum Endless {
    static let sql = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n"
}
