internal import NIOCore
internal import NIOHTTP1

/// Refuses requests whose end, host or target two programs could read differently, and ends a connection when the
/// client's version or header says so (RFC 9112, sections 3.2, 6.1, 6.3 and 9.3).
///
/// A refused request gets the bare 400 of malformed HTTP, in its turn, and the connection is closed. Every method
/// runs on the connection's event loop.
final class RequestFramingHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private var isRefused = false
    /// Whether the end of the last request that has begun is still to come.
    private var isReceiving = false
    /// Whether it never comes, because what came instead is no part of a body.
    private var isBroken = false
    private var begun = 0
    private var answered = 0
    /// The number of the last request on the connection.
    private var last: Int?
    /// The numbers of version 1.0 requests that are still being answered.
    private var old: [Int] = []
    /// The numbers of HEAD requests that are still being answered.
    private var heads: [Int] = []
    private var smallParts = SmallBodyParts()
    /// Whether the answer's form requires closing the connection, which later handlers do not know.
    private var mustClose = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        let head: HTTPRequestHead
        switch unwrapInboundIn(data) {
        case .head(let next): head = next
        case .body(let bytes):
            if let bytes = smallParts.add(bytes) { context.fireChannelRead(wrapInboundOut(.body(bytes))) }
            return
        case .end:
            isReceiving = false
            passOnSmallParts(context)
            context.fireChannelRead(data)
            return
        }
        // Nothing after the last request is answered.
        guard last == nil, let framing = RequestFraming(head) else {
            isRefused = true
            if last == nil { context.fireErrorCaught(HTTPParserError.invalidHeaderToken) }
            return
        }
        begun += 1
        isReceiving = true
        if framing.isOld { old.append(begun) }
        if head.method == .HEAD { heads.append(begun) }
        guard framing.endsConnection || framing.path != nil else {
            context.fireChannelRead(data)
            return
        }
        context.fireChannelRead(wrapInboundOut(.head(adapted(head, to: framing))))
    }

    private func passOnSmallParts(_ context: ChannelHandlerContext) {
        if let bytes = smallParts.take() { context.fireChannelRead(wrapInboundOut(.body(bytes))) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        passOnSmallParts(context)
        context.fireChannelReadComplete()
    }

    // A connection that ends in the middle of a body ends after what was received of it.

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError, isReceiving { isBroken = true }
        passOnSmallParts(context)
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        passOnSmallParts(context)
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        passOnSmallParts(context)
        context.fireChannelInactive()
    }

    /// The head as those behind this handler understand it.
    private func adapted(_ head: HTTPRequestHead, to framing: RequestFraming) -> HTTPRequestHead {
        var head = head
        if let path = framing.path { head.uri = path }
        if framing.endsConnection {
            last = begun
            head.headers.replaceOrAdd(name: "Connection", value: "close")
        }
        return head
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // A request has one answer. It may have come before its body broke; what follows would be the parser's.
        guard !isBroken || answered < begun else {
            promise?.succeed()
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            guard last == answered + 1 || old.first == answered + 1 else { break }
            context.write(wrapOutboundOut(.head(answer(head))), promise: promise)
            return
        case .body: break
        case .end:
            answered += 1
            if old.first == answered { old.removeFirst() }
            var end = data
            if heads.first == answered {
                heads.removeFirst()
                // The encoder would mark the end of the content that it expects where no length is stated.
                end = wrapOutboundOut(.body(.byteBuffer(ByteBuffer())))
            }
            guard mustClose else {
                context.write(end, promise: promise)
                return
            }
            // Only after all is sent: closing drops what a slow client has not taken yet.
            let written = promise ?? context.eventLoop.makePromise()
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
            context.writeAndFlush(end, promise: written)
            return
        }
        context.write(data, promise: promise)
    }

    /// The head of an answer with which the connection ends, or which an older client gets.
    private func answer(_ head: HTTPResponseHead) -> HTTPResponseHead {
        var head = head
        let isOld = old.first == answered + 1
        if isOld {
            head.version = .http1_0
            // It does not know chunks: without a length, the end of the connection is the end of the answer.
            if last != answered + 1, !Self.tellsItsEnd(head) {
                last = answered + 1
                mustClose = true
            }
        }
        head.headers.replaceOrAdd(name: "Connection", value: last == answered + 1 ? "close" : "keep-alive")
        return head
    }

    private static func tellsItsEnd(_ head: HTTPResponseHead) -> Bool {
        head.headers.contains(name: "Content-Length") || [.noContent, .notModified].contains(head.status)
    }
}
