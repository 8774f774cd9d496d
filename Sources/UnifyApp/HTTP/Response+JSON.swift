internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

extension Response {
    /// An answer with a JSON object as its body.
    static func json(_ status: HTTPResponse.Status = .ok, _ body: (inout JSONWriter) -> Void) -> Response {
        json(status, encoded: JSONWriter.object(body))
    }

    /// The same, already written.
    static func json(_ status: HTTPResponse.Status = .ok, encoded body: ByteBuffer) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: body))
    }

    /// A page of a list.
    static func page<Item>(
        _ items: [Item], next: String?, also: (inout JSONWriter) -> Void = { _ in },
        each write: (inout JSONWriter, Item) -> Void
    ) -> Response {
        json { json in
            also(&json)
            json.name("items")
            json.array(items) { json, item in json.object { write(&$0, item) } }
            json.member("next_cursor", next)
        }
    }

    /// A page of a list, made from one more item than the page holds, if there is one.
    /// - Parameters:
    ///   - position: where the page begins.
    ///   - id: the number that the list is ordered by.
    static func page<Item>(
        cutting fetched: [Item], to limit: Int, at position: ListPosition, by id: (Item) -> Int64,
        also: (inout JSONWriter) -> Void = { _ in },
        each write: (inout JSONWriter, Item) -> Void
    ) -> Response {
        let list = ListPage(cutting: fetched, to: limit, by: id)
        return page(list.rows, next: list.next.map(position.text), also: also, each: write)
    }

    static var noContent: Response { Response(status: .noContent) }
}
