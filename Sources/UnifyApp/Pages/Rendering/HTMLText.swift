internal import Mustache

/// Text as it stands in HTML, in an element or in an attribute's quotes.
///
/// The library's own escaping goes by `Character`, and lets through a quotation mark or a bracket that has a combining
/// accent behind it or a prepending mark before it: to Swift that is one other character, to a browser it is the mark and
/// then something.
struct HTMLText: MustacheContentType {
    /// What templates name it by.
    static let name = "UNIFY_HTML"

    func escapeText(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
