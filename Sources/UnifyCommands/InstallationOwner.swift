internal import Foundation
internal import Tenancy
internal import UnifyApp

/// The user who owns an installation's files, as whom its server runs.
struct InstallationOwner {
    /// Their number.
    let number: UInt32
    /// Their name; the number if there is none.
    let name: String

    /// - Returns: nil if there are no files yet.
    init?(_ settings: Settings) {
        let data = settings.dataDirectory
        // The data directory itself may belong to another user, as a container's volume does.
        let files = [settings.mainDatabase.path ?? "\(data)/main.db", "\(data)/users", "\(data)/master.key"]
        guard let status = files.lazy.compactMap({ FileStatus($0) }).first ?? Self.closed(data) else { return nil }
        number = status.owner
        name = Self.name(of: status.owner)
    }

    /// The status of a data directory that this user may not look into; nil if they may, or there is none.
    private static func closed(_ path: String) -> FileStatus? {
        access(path, X_OK) != 0 && errno == EACCES ? FileStatus(path) : nil
    }

    static func name(of number: UInt32) -> String {
        getpwuid(number).flatMap { $0.pointee.pw_name }.map { String(cString: $0) } ?? "\(number)"
    }

    /// Refuses to run as a user who is neither root nor the owner: the server could not use files created by them.
    /// Files created by root are given to the owner.
    /// - Throws: ``TenancyError`` `invalidConfiguration`.
    static func refuseOthers(_ settings: Settings) throws(TenancyError) {
        guard geteuid() != 0, let owner = InstallationOwner(settings), owner.number != geteuid() else { return }
        throw TenancyError(
            .invalidConfiguration,
            "The installation in \(settings.dataDirectory) belongs to the user \(owner.name), and this is "
                + "\(name(of: geteuid())). Run the command as that user: sudo -u \(owner.name) unify …")
    }
}
