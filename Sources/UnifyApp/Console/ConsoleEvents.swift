internal import NIOCore
internal import ServiceLifecycle
internal import Tenancy

/// The events of one stream, created as they are sent.
struct ConsoleEvents: AsyncSequence, Sendable {
    static let interval: Duration = .seconds(5)
    static let lifetime: Duration = .seconds(600)
    /// How long browsers wait before they reconnect, in milliseconds.
    private static let retry = 3000

    let first: String
    /// The stream's slot among the permitted ones; released with the stream.
    let slot: AdmissionGate.Slot
    /// The same among the administrator's own.
    let turn: StreamTurns.Turn
    let time: any TimeSource
    /// Makes the part of the page as HTML; nil if the reader may not see it any more.
    let part: @Sendable () async throws -> String?

    func makeAsyncIterator() -> Iterator { Iterator(events: self, started: time.monotonicNow) }

    struct Iterator: AsyncIteratorProtocol {
        let events: ConsoleEvents
        let started: Duration
        private var number = 0

        fileprivate init(events: ConsoleEvents, started: Duration) {
            self.events = events
            self.started = started
        }

        mutating func next() async throws -> ByteBuffer? {
            number += 1
            guard number > 1 else { return ConsoleEvents.event(events.first, number: number) }
            guard await hasWaited(), events.time.monotonicNow - started < ConsoleEvents.lifetime,
                let html = try await events.part()
            else { return nil }
            return ConsoleEvents.event(html, number: number)
        }

        /// - Returns: false if the server shuts down, or the reader went away.
        private func hasWaited() async -> Bool {
            let time = events.time
            return await cancelWhenGracefulShutdown {
                do {
                    try await time.sleep(for: ConsoleEvents.interval)
                    return true
                } catch {
                    return false
                }
            }
        }
    }

    private static func event(_ html: String, number: Int) -> ByteBuffer {
        var text = "retry: \(retry)\nid: \(number)\nevent: part\n"
        for line in html.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            text += "data: \(line)\n"
        }
        return ByteBuffer(string: text + "\n")
    }
}
