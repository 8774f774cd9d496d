internal import Hummingbird
internal import Logging
internal import NIOCore

/// A bare Hummingbird server, which answers with a word, or at /page with as many bytes as its second argument says: what
/// the web server itself takes.
@main
struct Main {
    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8080
        let router = Router()
        router.get("/") { _, _ in "Hello" }
        let page = ByteBuffer(
            repeating: UInt8(ascii: "x"), count: CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 0)
        router.get("/page") { _, _ in Response(status: .ok, body: ResponseBody(byteBuffer: page)) }
        var logger = Logger(label: "hello")
        logger.logLevel = .error
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            logger: logger)
        try await application.runService()
    }
}
