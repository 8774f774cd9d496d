internal import Foundation
internal import Tenancy
internal import UnifyApp

/// Checks that users' files can be created in `users/`, which may be a symbolic link to another disk.
struct UsersFolderCheck {
    let settings: Settings

    private var path: String { "\(settings.dataDirectory)/users" }

    func findings() -> [Finding] {
        guard let link = FileStatus(ofLink: path) else { return [] }
        if link.kind == .link, let fault = faultOfLink() { return [fault] }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            return [fault("Files cannot be made in \(path): \(String(cString: strerror(errno))).")]
        }
        guard link.kind == .link else { return [] }
        return [room()]
    }

    private func faultOfLink() -> Finding? {
        guard let folder = FileStatus(path) else {
            let reason = String(cString: strerror(errno))
            return fault("\(path) is a symbolic link that leads to no folder (\(reason)). Is its disk mounted?")
        }
        return folder.kind == .folder ? nil : fault("\(path) is a symbolic link to something that is no folder.")
    }

    private func room() -> Finding {
        guard let free = FreeDisk.bytes(at: path), free < Doctor.minimumFreeBytes else {
            return .ok("users_folder", "\(path) is a symbolic link to a folder that can be used.")
        }
        return .fault(
            "disk_nearly_full", "Only \(free / 1_048_576) MB are free where \(path) leads.",
            remedy: "free space there: df -h \(path)")
    }

    private func fault(_ detail: String) -> Finding {
        .fault("users_folder_unusable", detail, remedy: "see where it leads and who may write there: namei -l \(path)")
    }
}
