/// Nobody can be asked whether something is meant that cannot be undone: wrong usage.
struct UnconfirmedError: Error {
    let facts: [String]

    var message: String {
        (facts + ["There is no terminal to ask at. To do it, add --yes. Nothing was changed."]).joined(separator: "\n")
    }
}
