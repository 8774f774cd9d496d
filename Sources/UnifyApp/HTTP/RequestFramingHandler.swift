internal import NIOCore
internal import NIOHTTP1

/// Refuses requests whose end, host or target two programs could read in two ways, and ends a connection when the client's
/// version or header says so (RFC 9112, sections 3.2, 6.1, 6.3 and 9.3).
///
/// What is refused gets the bare 400 of what is no HTTP, in its turn, and the connection is closed. Every method runs on the
/// connection's event loop.
final class RequestFramingHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private var isRefused = false
    private var begun = 0
    private var answered = 0
    /// The number and the version of the request after whose answer the connection ends.
    private var last: (number: Int, version: HTTPVersion)?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        guard case .head(let head) = unwrapInboundIn(data) else {
            context.fireChannelRead(data)
            return
        }
        // Nobody answers what follows the last request.
        guard last == nil, let framing = RequestFraming(head) else {
            isRefused = true
            if last == nil { context.fireErrorCaught(HTTPParserError.invalidHeaderToken) }
            return
        }
        begun += 1
        guard framing.endsConnection || framing.path != nil else {
            context.fireChannelRead(data)
            return
        }
        context.fireChannelRead(wrapInboundOut(.head(adapted(head, to: framing))))
    }

    /// The head as those behind this handler understand it.
    private func adapted(_ head: HTTPRequestHead, to framing: RequestFraming) -> HTTPRequestHead {
        var head = head
        if let path = framing.path { head.uri = path }
        if framing.endsConnection {
            last = (begun, head.version)
            head.headers.replaceOrAdd(name: "Connection", value: "close")
        }
        return head
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            guard let last, last.number == answered + 1 else { break }
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            // An older client knows no chunks: for it the end of the connection is the end of the answer.
            if last.version == .http1_0 { head.version = .http1_0 }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
            return
        case .body: break
        case .end: answered += 1
        }
        context.write(data, promise: promise)
    }
}
