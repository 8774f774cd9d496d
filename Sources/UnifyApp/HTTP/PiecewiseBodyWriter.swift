internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Writes an answer in pieces, each of which waits until the client has read enough of those before: little of it lies in
/// the connection's buffers, and that the client reads is seen.
struct PiecewiseBodyWriter: ResponseBodyWriter {
    /// The most bytes that are written at a time.
    static let pieceBytes = 64 * 1024

    var base: any ResponseBodyWriter

    mutating func write(_ buffer: ByteBuffer) async throws {
        var rest = buffer
        while let piece = rest.readSlice(length: min(Self.pieceBytes, rest.readableBytes)), piece.readableBytes > 0 {
            try await base.write(piece)
        }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws { try await base.finish(trailingHeaders) }
}

extension ResponseBody {
    /// The same body, written in pieces.
    func inPieces() -> ResponseBody {
        ResponseBody(contentLength: contentLength) { writer in
            try await self.write(PiecewiseBodyWriter(base: writer))
        }
    }

    /// The same body; retains an object until all of it is written or the connection is gone.
    func holding(_ held: any Sendable) -> ResponseBody {
        ResponseBody(contentLength: contentLength) { writer in
            defer { withExtendedLifetime(held) {} }
            try await self.write(writer)
        }
    }

    /// Whether it is written as one piece.
    var isSmall: Bool { contentLength.map { $0 <= PiecewiseBodyWriter.pieceBytes } ?? false }
}
