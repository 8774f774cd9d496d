internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// A request's state from the socket to its answer.
struct UnifyRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The address of the other end of the connection; nil if it has none.
    let remoteAddress: SocketAddress?
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
        channel = source.channel
    }

    /// The request's id, as the log's lines carry it. A log handler that keeps no metadata has none.
    var requestID: String { logger[metadataKey: "hb.request.id"]?.description ?? "-" }

    /// The other end's address; nil if it has none.
    var peer: IPAddress? { (remoteAddress?.ipAddress).flatMap { IPAddress($0) } }

    /// The address that the connection was made to.
    var local: IPAddress? { (channel.localAddress?.ipAddress).flatMap { IPAddress($0) } }

    /// Ends the connection, whatever is on its way.
    var end: @Sendable () -> Void { { [channel] in channel.close(promise: nil) } }

    /// A connection without addresses is one of this machine.
    var isFromLoopback: Bool { peer?.isLoopback ?? (remoteAddress != nil && remoteAddress?.ipAddress == nil) }

    /// Logs an error with the request's id. An error that a route threw on purpose needs no log line, except what it hides from
    /// the client.
    /// - Parameter route: the route's pattern.
    func note(_ error: any Error, _ problem: Problem, at route: String) {
        guard !(error is AccountConflict) else { return }
        let hidden = (error as? Problem)?.cause
        guard !(error is Problem) || hidden != nil else { return }
        let level: Logger.Level = problem.status.code >= 500 ? .error : .debug
        logger.log(level: level, "request failed", metadata: ["path": "\(route)", "error": "\(hidden ?? error)"])
    }
}
