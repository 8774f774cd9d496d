internal import Foundation
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle
internal import Tenancy

/// A server on one port, with clear errors if it cannot listen there.
struct ListeningService: Service {
    let application: Application<UnifyResponder>
    let host: String
    let port: Int

    /// - Throws: ``TenancyError`` `invalidConfiguration` if the address cannot be listened on.
    func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw TenancyError(.invalidConfiguration, Self.reason(error.errnoCode, host: host, port: port))
        } catch is SocketAddressError {
            throw noAddress
        } catch is SocketAddressError.UnknownHost {
            throw noAddress
        }
    }

    private var noAddress: TenancyError {
        TenancyError(
            .invalidConfiguration,
            "The name \(host) leads to no address. Set UNIFY_HOST to an address of this machine, as 127.0.0.1 or 0.0.0.0."
        )
    }

    static func reason(_ number: Int32, host: String, port: Int) -> String {
        switch number {
        case EADDRINUSE:
            "Port \(port) of \(host) is taken by another program, or by another server of Unify. To see which: "
                + "ss -ltnp 'sport = :\(port)'. To use another port: --port or UNIFY_PORT."
        case EADDRNOTAVAIL:
            "\(host) is not an address of this machine. Set UNIFY_HOST to one that is, as 127.0.0.1, or to 0.0.0.0 for all."
        case EACCES, EPERM:
            "Port \(port) is privileged: only root may listen on a port below 1024. Use a greater one (--port or UNIFY_PORT) "
                + "behind a proxy, or give the program the capability CAP_NET_BIND_SERVICE."
        default: "Cannot listen on \(host), port \(port): \(String(cString: strerror(number)))."
        }
    }
}
