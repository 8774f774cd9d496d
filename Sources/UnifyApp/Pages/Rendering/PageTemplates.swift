internal import Mustache

/// The templates, parsed once.
struct PageTemplates: Sendable {
    private let library: MustacheLibrary

    /// - Throws: the parser's error for a template that is none.
    init() throws {
        MustacheContentTypes.register(HTMLText(), named: HTMLText.name)
        var library = MustacheLibrary()
        for template in PageTemplate.allCases {
            // In each one: a part does not take it over from the page that it is in.
            let source = "{{% CONTENT_TYPE:\(HTMLText.name)}}" + template.source
            try library.register(source, named: template.rawValue)
        }
        self.library = library
    }

    /// - Parameter view: its stored properties are the template's variables.
    func render(_ name: PageTemplate, _ view: Any) -> String {
        guard let text = library.render(PageScope.value(view), withTemplate: name.rawValue) else {
            preconditionFailure("every template is registered")
        }
        return text
    }
}
