/// How long the server waits for slow or silent clients.
public struct ClientTimeLimits: Sendable {
    /// From connecting to the end of the first request's header.
    public var firstRequest: Duration = .seconds(15)
    /// From an answer to the end of the next request's header. Longer than the 60 seconds for which proxies and balancers
    /// commonly keep a connection, so that they are the ones to close it, and never send a request to one that has ended.
    public var nextRequest: Duration = .seconds(75)
    /// From a request's header to the end of its body, in addition to the time for its bytes.
    public var body: Duration = .seconds(60)
    /// Bytes of a body per second: a client at this rate is never cut off.
    public var bodyRate = 16_384
    /// The most time that the bytes of a body give it; a body that is too large may go on for ever.
    public var longestBody: Duration = .seconds(120)
    /// How far a client that reads its answers may fall behind ``answerRate``, and so how long it may stop reading.
    public var stalledAnswer: Duration = .seconds(60)
    /// Bytes of answers per second: a client that reads at this rate is never cut off. Half of what a mobile line of 64 kbit/s
    /// carries.
    public var answerRate = 4096

    public init() {}
}
