internal import CPostgreSQL
internal import Tenancy

/// Maps SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html) to the library's errors.
enum PostgreSQLErrors {
    /// The error in a result. Its text is copied, because the result is cleared next.
    static func error(in result: OpaquePointer?, sql: String?) -> any Error {
        let state = field(sqlStateField, of: result) ?? ""
        let (code, message) = meaning(of: state, text: field(primaryMessageField, of: result) ?? "")
        let error = TenancyError(code, message, engine: .postgresql, sql: sql)
        if state == "XX000", let function = field(sourceFunctionField, of: result), catalogueChanges.contains(function)
        {
            return TenancyError(
                .busy, "Another session changes the same object of the server. Try again.", engine: .postgresql,
                sql: sql)
        }
        // Other unsupported features share the code; only this one has this routine.
        let isStale = state == "0A000" && field(sourceFunctionField, of: result) == "RevalidateCachedQuery"
        return isStale ? PostgreSQLStalePlan(error: error) : error
    }

    /// They refuse the second of two sessions that change the same row of a catalogue, with an internal error.
    private static let catalogueChanges: Set<String> = ["simple_heap_update", "simple_heap_delete"]

    /// PG_DIAG_SQLSTATE, _MESSAGE_PRIMARY and _SOURCE_FUNCTION: character macros, which Swift does not import as
    /// numbers.
    private static let sqlStateField = Int32(UInt8(ascii: "C"))
    private static let sourceFunctionField = Int32(UInt8(ascii: "R"))
    private static let primaryMessageField = Int32(UInt8(ascii: "M"))

    private static func field(_ field: Int32, of result: OpaquePointer?) -> String? {
        PQresultErrorField(result, field).map { String(cString: $0) }
    }

    static let brokenConnection = TenancyError(
        .connectionFailed, "The connection to the PostgreSQL server was lost.", engine: .postgresql)

    /// - Parameter text: the server's message; passed on only for classes whose messages contain no values.
    private static func meaning(of state: String, text: String) -> (TenancyError.Code, String) {
        switch state {
        case "": (.connectionFailed, brokenConnection.message)
        case "23505": (.uniqueViolation, "A row with this key is there already.")
        case "25006": (.readOnlyLease, "This lease is for reading.")
        case "40001", "40P01", "55P03": (.busy, "Another transaction holds what this one needs. Try again.")
        case "42501": (.notAuthorized, "This statement is not allowed here: \(text).")
        case "42P01": (.tableMissing, "The table is not there: \(text).")
        case "53100": (.diskFull, "The server's disk is full; nothing was written.")
        case "53200", "53300": (.overloaded, "The server has no connection or memory left (SQLSTATE \(state)).")
        case "57014": (.cancelled, "The statement was stopped.")
        case "58030", "XX001", "XX002": (.databaseCorrupt, "The server cannot read its files (SQLSTATE \(state)).")
        default: meaning(ofClass: state.prefix(2), state: state, text: text)
        }
    }

    private static func meaning(
        ofClass group: Substring, state: String, text: String
    ) -> (TenancyError.Code, String) {
        switch group {
        case "08", "57": (.connectionFailed, brokenConnection.message)
        case "22", "23": (.constraintViolation, "A value breaks a rule of its table or type (SQLSTATE \(state)).")
        case "42", "0A": (.invalidStatement, "The statement is wrong: \(text).")
        case "25", "26", "34": (.invalidStatement, "The statement does not fit here (SQLSTATE \(state)).")
        default: (.internalFailure, "PostgreSQL failed (SQLSTATE \(state)).")
        }
    }

    /// The error of a failed connection.
    /// - Parameter text: libpq's message, which has only the SQLSTATE if the server refused.
    static func connecting(to location: DatabaseLocation, text: String) -> TenancyError {
        let place = "\(location.host ?? "localhost"):\(location.port ?? PostgreSQLEngine.defaultPort)"
        let state = Self.state(in: text)
        let (code, message): (TenancyError.Code, String) =
            switch state {
            case "3D000": (.databaseMissing, "The PostgreSQL server \(place) has no such database.")
            case "28P01", "28000", "42501":
                (.loginRefused, "The PostgreSQL server \(place) does not let this login into this database.")
            case "53300":
                (.overloaded, "The PostgreSQL server \(place) has no connection left; raise its max_connections.")
            case "08P01": (.invalidConfiguration, pooled(place, words: words(of: text)))
            case "57P03", "57P01":
                (.connectionFailed, "The PostgreSQL server \(place) is starting or stopping.")
            case let state? where !serverStates.contains(String(state.prefix(2))):
                // For example because of the login's own settings, which are no fault of the server.
                (.loginRefused, "The PostgreSQL server \(place) ended this login's session (SQLSTATE \(state)).")
            default:
                (
                    .connectionFailed,
                    "The PostgreSQL server \(place) cannot be reached: "
                        + (state.map { "SQLSTATE \($0)" } ?? reason(in: text))
                )
            }
        return TenancyError(code, message, engine: .postgresql)
    }

    /// Classes that concern the whole server: connections, resources, intervention, the system, internal errors.
    private static let serverStates: Set<String> = ["08", "53", "57", "58", "XX"]

    /// Whether a server refused a session because of an unknown setting.
    static func isUnknownSetting(_ text: String) -> Bool { state(in: text) == "42704" }

    /// A server accepts a session's settings; poolers accept only some, or only claim to.
    /// - Parameter words: the pooler's refusal.
    static func pooled(_ place: String, words: String? = nil) -> String {
        "\(place) is a connection pooler, such as PgBouncer, and not the PostgreSQL server"
            + (words.map { ": it answers \"\($0)\" (SQLSTATE 08P01)" } ?? "")
            + ". Unify pools its connections itself. Give the host and port of the server."
    }

    /// The five characters after the severity, which is `FATAL:` or a translation.
    private static func state(in text: String) -> String? { refusal(in: text).map { String($0.1) } }

    /// The server's message after the state.
    private static func words(of text: String) -> String? {
        refusal(in: text).map { String($0.2) }
    }

    private static func refusal(in text: String) -> (Substring, Substring, Substring)? {
        // Every state has a digit, and no severity has one.
        text.matches(of: #/: +((?=[A-Z]*[0-9])[0-9A-Z]{5}): +(.*)$/#.anchorsMatchLineEndings()).last?.output
    }

    /// Why there was no answer. Lines that begin with a tab are libpq's hints for people.
    private static func reason(in text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).last { !$0.hasPrefix("\t") } ?? "no answer."
        return String(line.firstRange(of: " failed: ").map { line[$0.upperBound...] } ?? line)
    }
}
