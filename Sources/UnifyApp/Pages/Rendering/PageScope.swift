internal import Mustache

/// A view as templates see it: its stored properties by name.
///
/// Made once for each view. The library itself would reflect a view for every name that a template uses, and would
/// look up nil values in the surrounding views.
struct PageScope: MustacheParent {
    private let values: [String: Any]

    func child(named name: String) -> Any? { values[name] }

    /// Anything that a view may hold, as templates take it.
    static func value(_ value: Any) -> Any {
        switch value {
        case is String, is Bool, is Int, is Int64: return value
        case let text as Substring: return String(text)
        default: break
        }
        let mirror = Mirror(reflecting: value)
        return switch mirror.displayStyle {
        case .optional: mirror.children.first.map { Self.value($0.value) } ?? Nothing()
        case .collection: mirror.children.map { Self.value($0.value) }
        case .struct: PageScope(mirror)
        default: String(describing: value)
        }
    }

    private init(_ mirror: Mirror) {
        var values: [String: Any] = [:]
        for case (let name?, let value) in mirror.children { values[name] = Self.value(value) }
        self.values = values
    }

    /// A missing value.
    private struct Nothing: MustacheCustomRenderable {
        var renderText: String { "" }
        var isNull: Bool { true }
    }
}
