internal import Mustache

/// Escapes text for HTML, in an element or in a quoted attribute.
///
/// The library's own escaping works on `Character`, and misses a quotation mark or bracket with a combining accent
/// after it or a prepending mark before it: to Swift that is one different character, to a browser it is the mark
/// followed by something.
struct HTMLText: MustacheContentType {
    /// Its name in templates.
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
