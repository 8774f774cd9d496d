internal import Foundation
internal import Tenancy
internal import UnifyApp

/// What an installation leaves in its data directory if its main database is lost. No new main database is made beside it: it
/// would give the users' numbers, and with them their files, to others.
struct LostMainDatabase {
    let settings: Settings

    /// A database of a user, or else the record beside the main database; nil for a folder that has neither.
    var trace: String? {
        // A link to another disk is followed.
        let users = URL(fileURLWithPath: "\(settings.dataDirectory)/users").resolvingSymlinksInPath().path
        if let files = FileManager.default.enumerator(atPath: users) {
            for case let name as String in files where name.hasSuffix(".db") { return "users/\(name)" }
        }
        let record = "main-database-witness"
        return FileStatus("\(settings.dataDirectory)/\(record)") == nil ? nil : record
    }

    /// What to do about it.
    var remedy: String {
        let data = settings.dataDirectory
        let place =
            settings.mainDatabase.path.map { "\($0), with mode 0600" } ?? settings.mainDatabase.name ?? "its server"
        return
            "restore the main database from a backup to \(place), and leave users/, main-database-witness and removed-users "
            + "in \(data) as they are (docs/operations.md, \"If main.db is lost\"); for a new installation move the folder "
            + "away: mv \(data) \(data).old"
    }

    /// - Parameter trace: what is there, as ``trace`` says.
    func error(_ trace: String) -> TenancyError {
        let place = settings.mainDatabase.path ?? settings.mainDatabase.name ?? "its place"
        return TenancyError(
            .databaseMissing,
            "The main database is not at \(place), but \(settings.dataDirectory) holds \(trace) of an installation. No new main "
                + "database was made. If it is elsewhere, name it by UNIFY_MAIN_DATABASE_URL. Otherwise \(remedy)")
    }
}
