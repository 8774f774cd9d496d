/// A form field with its label and error.
struct FieldView {
    struct Choice {
        let value: String
        let label: String
        let isChosen: Bool
    }

    let name: String
    let label: String
    var id: String
    let type: String
    let isMultiline: Bool
    var value = ""
    var error: String?
    var hint: String?
    var autocomplete: String?
    var maxLength: Int?
    var isRequired = false
    var hasFocus = false
    var choices: [Choice] = []

    init(_ name: String, _ label: String, type: String = "text", value: String = "", errors: FormErrors = .none) {
        self.name = name
        self.label = label
        id = "field-\(name)"
        self.type = type
        isMultiline = type == "multiline"
        self.value = value
        error = errors[name]
    }

    /// The fields, of which the first one that is wrong, if any, has the keyboard when the page is shown.
    static func focusingOnFault(_ fields: [FieldView]) -> [FieldView] {
        guard let fault = fields.firstIndex(where: { $0.error != nil }) else { return fields }
        return fields.enumerated().map { index, field in field.with { $0.hasFocus = index == fault } }
    }

    func with(_ change: (inout FieldView) -> Void) -> FieldView {
        var copy = self
        change(&copy)
        return copy
    }
}
