extension Int64 {
    /// A number as people write it: without a plus, zeros before it or blanks, so that each number has one text.
    init?(plain text: String) {
        guard let number = Int64(text), String(number) == text else { return nil }
        self = number
    }
}
