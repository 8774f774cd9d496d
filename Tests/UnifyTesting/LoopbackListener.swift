public import Foundation

/// A socket that stands in a server's place.
public final class LoopbackListener: Sendable {
    public let port: Int
    private let descriptor: Int32

    public init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 4) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
        guard isBound else { throw TestFailure("no port of the loopback is free") }
    }

    deinit { close(descriptor) }

    /// The next client, to be closed by whoever asked for it; below 0 where there is none.
    public func accept() -> Int32 { Foundation.accept(descriptor, nil, nil) }

    /// Lets nobody in any more, and ends a wait for the next client. Clients that were accepted stay.
    public func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// What a client sends next; empty where it closed the connection.
    public static func read(from client: Int32) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        // Not in one expression: the prefix would be of the bytes from before.
        let count = recv(client, &buffer, buffer.count, 0)
        return Array(buffer.prefix(max(0, count)))
    }
}
