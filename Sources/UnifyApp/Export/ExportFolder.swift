internal import Foundation
internal import NIOCore
internal import Tenancy

/// The folder of database copies that are being sent. Each copy is unlinked as soon as it is open, so that the system
/// removes it when the process ends for any reason.
struct ExportFolder: Sendable {
    /// A copy that is open.
    final class Copy: Sendable {
        private let descriptor: Int32
        let sizeBytes: Int64

        fileprivate init(descriptor: Int32) {
            self.descriptor = descriptor
            sizeBytes = max(0, Int64(lseek(descriptor, 0, SEEK_END)))
        }

        deinit { close(descriptor) }

        /// Blocking.
        /// - Returns: up to `count` bytes from the offset; empty at the end.
        func read(at offset: Int64, upTo count: Int) throws -> ByteBuffer {
            var buffer = ByteBuffer()
            let descriptor = descriptor
            let read = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
                max(0, pread(descriptor, bytes.baseAddress, count, off_t(offset)))
            }
            guard read > 0 || offset == sizeBytes else {
                throw TenancyError(.ioFailure, "The copy of a database could not be read.")
            }
            return buffer
        }
    }

    let dataDirectory: String

    private var path: String { "\(dataDirectory)/exports" }

    /// A path for a new copy.
    func newPath() -> String { "\(path)/\(getpid())-\(UInt64.random(in: 0 ... .max)).db" }

    /// Opens a finished copy and unlinks it. Blocking.
    func open(_ path: String) throws -> Copy {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        unlink(path)
        guard descriptor >= 0 else { throw TenancyError(.ioFailure, "The copy of a database could not be opened.") }
        return Copy(descriptor: descriptor)
    }

    /// Removes leftovers of processes that ended while copying. Blocking.
    func removeLeftovers() {
        // A missing folder is empty.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            let owner = name.prefix { $0.isNumber }
            guard let process = pid_t(owner), process == getpid() || kill(process, 0) != 0 else { continue }
            unlink("\(path)/\(name)")
        }
    }
}
