internal import CQREncode
internal import Tenancy

/// A QR code (ISO/IEC 18004) as an SVG path, made by libqrencode.
struct QRCode: Sendable {
    /// Modules of white around it, which scanners need.
    private static let margin = 4

    /// The width of the whole, margin included; a module is 1 wide.
    let size: Int
    /// The dark modules.
    let path: String

    /// - Throws: ``TenancyError`` `internalFailure` if the text is too long for one.
    init(_ text: String) throws {
        guard let code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M) else {
            throw TenancyError(.internalFailure, "A QR code could not be made.")
        }
        defer { QRcode_free(code) }
        let width = Int(code.pointee.width)
        let modules = UnsafeBufferPointer(start: code.pointee.data, count: width * width)
        var path = ""
        for row in 0..<width {
            var column = 0
            while column < width {
                // The lowest bit tells whether a module is dark.
                let run = (column..<width).prefix { modules[row * width + $0] & 1 == 1 }.count
                if run > 0 { path += "M\(column + Self.margin) \(row + Self.margin)h\(run)v1h-\(run)z" }
                column += run + 1
            }
        }
        size = width + 2 * Self.margin
        self.path = path
    }

    /// As a picture of its own.
    var svg: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size) \(size)"><path fill="#fff" d="M0 0h\(size)v\(size)H0z"/>\
        <path fill="#000" d="\(path)"/></svg>
        """
    }
}
