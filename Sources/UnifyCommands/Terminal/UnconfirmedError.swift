/// An irreversible action cannot be confirmed because there is no terminal: wrong usage.
struct UnconfirmedError: Error {
    let facts: [String]

    var message: String {
        (facts + ["There is no terminal to ask at. To do it, add --yes. Nothing was changed."]).joined(separator: "\n")
    }
}
