internal import Crypto
internal import Hummingbird
internal import NIOCore
internal import Tenancy

/// The files that pages load. Their names contain a hash of their content, so that browsers may cache them forever.
struct PageAssets: Sendable {
    struct Asset: Sendable {
        let path: String
        fileprivate let type: String
        fileprivate let content: ByteBuffer

        fileprivate init(_ name: String, _ suffix: String, _ type: String, _ bytes: [UInt8]) {
            path = "/assets/\(name)-\(Hex.encode(SHA256.hash(data: bytes)).prefix(12)).\(suffix)"
            self.type = type
            content = ByteBuffer(bytes: bytes)
        }
    }

    let stylesheet = Asset("app", "css", "text/css; charset=utf-8", PackageResources.app_css)
    let script = Asset(
        "app", "js", "text/javascript; charset=utf-8",
        Self.withoutComments(PackageResources.app_js) + Self.withoutComments(PackageResources.ticks_js))
    let icon = Asset("icon", "svg", "image/svg+xml", PackageResources.icon_svg)

    /// A script without the lines that are comments alone, and without indentation: a third less to load.
    private static func withoutComments(_ script: [UInt8]) -> [UInt8] {
        let lines = script.split(separator: UInt8(ascii: "\n")).map { $0.drop { $0 == UInt8(ascii: " ") } }
        return Array(lines.filter { !$0.starts(with: "//".utf8) }.joined(separator: [UInt8(ascii: "\n")]))
            + [UInt8(ascii: "\n")]
    }

    var endpoints: [Endpoint] {
        [stylesheet, script, icon].map { asset in
            Endpoint.asset(asset.path) { _ in
                Response(
                    status: .ok, headers: [.contentType: asset.type],
                    body: ResponseBody(byteBuffer: asset.content))
            }
        }
    }
}
