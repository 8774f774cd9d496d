/// Why a line is refused.
enum PromptError: Error, Equatable {
    case tooLong
    case notUTF8
    case controlCharacter
    /// Ctrl-D, a closed terminal or the end of a file.
    case endOfInput

    var message: String {
        switch self {
        case .tooLong: "The line is longer than \(LineBuffer.maxBytes) bytes."
        case .notUTF8: "The line is not UTF-8 text."
        case .controlCharacter: "The line holds a control character, such as Tab or an arrow key."
        case .endOfInput: "The input ended before an answer was given."
        }
    }
}
