internal import Mustache

/// The templates, parsed once.
struct PageTemplates: Sendable {
    private let library: MustacheLibrary

    /// - Throws: the parser's error for a template that is none.
    init() throws {
        var library = MustacheLibrary()
        for template in PageTemplate.allCases { try library.register(template.source, named: template.rawValue) }
        self.library = library
    }

    /// - Parameter view: its stored properties are the template's variables.
    func render(_ name: PageTemplate, _ view: Any) -> String {
        guard let text = library.render(view, withTemplate: name.rawValue) else {
            preconditionFailure("every template is registered")
        }
        return text
    }
}
