internal import Crypto
internal import Hummingbird
internal import NIOCore
internal import Tenancy

/// The files that pages load. Their names hold a hash of their content, so that browsers may keep them for good.
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
        PackageResources.app_js + PackageResources.ticks_js)
    let icon = Asset("icon", "svg", "image/svg+xml", PackageResources.icon_svg)

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
