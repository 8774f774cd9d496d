internal import Foundation

/// One TCP connection that sends what it is told, byte for byte, as no well-behaved client would.
public final class RawConnection: Sendable {
    public struct Received: Sendable {
        public let text: String
        /// Whether the server closed the connection.
        public let isClosed: Bool

        /// The status of each answer, in order.
        public var statuses: [Int] { text.matches(of: /HTTP\/1\.[01] (\d{3})/).compactMap { Int($0.1) } }
    }

    private let descriptor: Int32

    /// - Parameters:
    ///   - source: the loopback address to come from: `127.0.0.1` to `127.255.255.254`.
    ///   - receiveBuffer: bytes that the kernel keeps until they are read; nil for the usual.
    public init(port: Int, from source: String = "127.0.0.1", receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure("no socket: \(errno)") }
        if var bytes = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var own = Self.address(source, port: 0)
        var server = Self.address("127.0.0.1", port: port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected =
            withUnsafePointer(to: &own) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
            }
            && withUnsafePointer(to: &server) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
            }
        guard isConnected else {
            close(descriptor)
            throw TestFailure("no connection: \(errno)")
        }
    }

    deinit { close(descriptor) }

    private static func address(_ host: String, port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr(host)
        return address
    }

    /// Sends bytes, or as many of them as the connection takes at once.
    /// - Returns: false where the connection is closed.
    @discardableResult
    public func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let count = Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        return count >= 0 || errno == EAGAIN
    }

    /// Reads a piece at a time, slowly, up to so many bytes.
    public func receiveSlowly(
        _ piece: Int, every pause: Duration, upTo limit: Int
    ) async throws -> (bytes: Int, isClosed: Bool) {
        var chunk = [UInt8](repeating: 0, count: piece)
        var (bytes, last) = (0, ContinuousClock.now)
        while bytes < limit, ContinuousClock.now - last < .seconds(10) {
            let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
            if count == 0 || (count < 0 && errno != EAGAIN) { return (bytes, true) }
            if count > 0 { (bytes, last) = (bytes + count, .now) }
            try await Task.sleep(for: pause)
        }
        return (bytes, false)
    }

    /// What comes until the server closes the connection, says nothing for so long, has given so many answers, or has said
    /// a certain text.
    public func receive(
        silence: Duration = .seconds(10), answers: Int = .max, until end: String? = nil
    ) async throws -> Received {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var last = ContinuousClock.now
        while ContinuousClock.now - last < silence {
            let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
            if count == 0 || (count < 0 && errno != EAGAIN) {
                return Received(text: String(decoding: bytes, as: UTF8.self), isClosed: true)
            }
            if count > 0 {
                bytes += chunk[..<count]
                last = .now
                let received = Received(text: String(decoding: bytes, as: UTF8.self), isClosed: false)
                if received.statuses.count >= answers || end.map(received.text.contains) ?? false { return received }
            } else {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        return Received(text: String(decoding: bytes, as: UTF8.self), isClosed: false)
    }
}
