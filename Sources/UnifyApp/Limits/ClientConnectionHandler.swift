internal import NIOCore
internal import NIOHTTPTypes

/// Closes a connection whose client takes too long to send a header or a body, or to read an answer.
///
/// Sees complete parts of requests and answers; every method runs on the connection's event loop.
final class ClientConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let connections: ClientConnections
    private let limits: ClientTimeLimits
    private let number: Int
    /// Requests whose answers have not ended.
    private var unanswered = 0
    /// Since when a body is awaited.
    private var receivingSince: NIODeadline?
    /// The bytes received of it.
    private var receivedBytes = 0
    /// Since when the client has had something to read; moves on as its time is counted.
    private var readingSince: NIODeadline?
    /// How much longer it may take than its rate allows.
    private var patience: TimeAmount
    /// Since when there is nothing to answer.
    private var idleSince = NIODeadline.now()
    private var isFirst = true
    private var isRegistered = false
    private var alarm: (at: NIODeadline, task: Scheduled<Void>)?
    private var mustFlush = false
    /// Bytes of answers that were written, and how many of them the client had taken when its time was last counted.
    private var writtenBytes = 0
    private var takenBytes = 0
    private var hasLargePiece = false

    /// Bytes of an answer that the kernel buffers before it asks for more; a smaller buffer shows sooner that a
    /// client is reading.
    private static let unsentLowWater = 128 * 1024
    /// Pieces of at least this size may be in the connection's buffer without making it unwritable.
    private static let largePiece = 16 * 1024

    init(connections: ClientConnections, limits: ClientTimeLimits) {
        self.connections = connections
        self.limits = limits
        number = connections.makeNumber()
        patience = TimeAmount(limits.stalledAnswer)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // TCP_NOTSENT_LOWAT of tcp(7). If it cannot be set, a slow client only has less time.
        context.channel.setOption(ChannelOptions.tcpOption(.init(rawValue: 25)), value: .init(Self.unsentLowWater))
            .whenFailure { _ in }
        update(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelActive(context: ChannelHandlerContext) {
        update(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            if unanswered == 0, readingSince != nil, unread(context) == 0 { hasReadAll() }
            unanswered += 1
            isFirst = false
            receivingSince = .now()
            receivedBytes = 0
        case .body(let bytes): receivedBytes += bytes.readableBytes
        case .end: receivingSince = nil
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        update(context)
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head: break
        case .body(let bytes):
            writtenBytes += bytes.readableBytes
            if bytes.readableBytes >= Self.largePiece { hasLargePiece = true }
        case .end:
            // What is no request is answered, too.
            unanswered = max(0, unanswered - 1)
            idleSince = .now()
        }
        context.write(data, promise: promise)
        update(context)
    }

    /// Sends after the event loop's current work: answers to requests that arrived together are sent together, and do
    /// not wake their client one by one.
    func flush(context: ChannelHandlerContext) {
        guard !mustFlush else { return }
        mustFlush = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            let (handler, context) = bound.value
            handler.flushNow(context)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        flushNow(context)
        context.close(mode: mode, promise: promise)
    }

    private func flushNow(_ context: ChannelHandlerContext) {
        guard mustFlush else { return }
        mustFlush = false
        context.flush()
        guard hasLargePiece else { return }
        hasLargePiece = false
        countReading(context)
        update(context)
    }

    /// Counts the client's time, and what it has taken: a little now and then must not hold an answer for hours.
    ///
    /// Time passes for the client only while something waits for it. What it takes makes up for time, but not in advance.
    private func countReading(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        let pending = unread(context)
        let taken = max(takenBytes, writtenBytes - pending)
        if let readingSince { patience = patience - (now - readingSince) }
        let earned = TimeAmount.nanoseconds(Int64(taken - takenBytes) * 1_000_000_000 / Int64(limits.answerRate))
        takenBytes = taken
        patience = min(patience + earned, TimeAmount(limits.stalledAnswer))
        readingSince = pending > 0 || !context.channel.isWritable ? now : nil
    }

    /// Bytes that wait for the client. Without this option, which every TCP channel has, only unwritable channels are noticed.
    private func unread(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// Nothing waits for the client any more, nobody knows since when: none of the time was its own.
    private func hasReadAll() {
        (readingSince, takenBytes) = (nil, writtenBytes)
        patience = TimeAmount(limits.stalledAnswer)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        countReading(context)
        update(context)
        context.fireChannelWritabilityChanged()
    }

    /// When the client must have done something; nil while it is the server's turn.
    private var deadline: NIODeadline? {
        if let readingSince { return readingSince + patience }
        if let receivingSince {
            let earned = TimeAmount.milliseconds(Int64(receivedBytes) * 1000 / Int64(limits.bodyRate))
            return receivingSince + TimeAmount(limits.body) + min(earned, TimeAmount(limits.longestBody))
        }
        guard unanswered == 0 else { return nil }
        return idleSince + TimeAmount(isFirst ? limits.firstRequest : limits.nextRequest)
    }

    private func update(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        let deadline = deadline
        if (deadline != nil) != isRegistered {
            isRegistered.toggle()
            if isRegistered { connections.waits(number, context.channel) } else { connections.waitsNoMore(number) }
        }
        // An early alarm finds the new deadline by itself; only a late one must be reset.
        guard let deadline, alarm.map({ $0.at > deadline }) ?? true else { return }
        setAlarm(at: deadline, context)
    }

    private func setAlarm(at deadline: NIODeadline, _ context: ChannelHandlerContext) {
        alarm?.task.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = bound.value
            handler.ring(context)
        }
        alarm = (deadline, task)
    }

    private func ring(_ context: ChannelHandlerContext) {
        alarm = nil
        if readingSince != nil { unread(context) == 0 ? hasReadAll() : countReading(context) }
        guard let deadline else { return }
        if deadline <= .now() {
            context.close(promise: nil)
        } else {
            setAlarm(at: deadline, context)
        }
    }

    private func end() {
        alarm?.task.cancel()
        alarm = nil
        if isRegistered { connections.waitsNoMore(number) }
        isRegistered = false
    }
}
