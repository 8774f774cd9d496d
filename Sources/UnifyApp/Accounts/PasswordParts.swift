/// A password split into what a guesser tries (common words, keyboard rows, repeated characters) and the rest.
struct PasswordParts {
    private static let rows: [[Character]] = [
        "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop[]", "qwertzuiop", "asdfghjkl;'", "zxcvbnm,./",
        "yxcvbnm,.-",
        "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "!@#$%^&*()",
    ].flatMap { [Array($0), Array($0.reversed())] }
    private static let minRow = 3
    private static let minWord = 4
    private static let maxJudged = 64
    /// Digits and symbols that stand for letters, in two readings.
    private static let readings: [[Character: Character]] = [
        ["0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i"],
        ["0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "l"],
    ]

    /// The distinct words.
    private(set) var words: Set<String> = []
    /// Whether one of them is the user's own.
    var hasOwnWord: Bool { !words.isDisjoint(with: ownWords) }
    /// How many words a guesser has to put together. All of the user's own are one guess.
    var differentWords: Int { words.subtracting(ownWords).count + (hasOwnWord ? 1 : 0) }
    /// How many characters belong to no part, digits and signs beside a word not counted.
    private(set) var ownCharacters = 0

    private let spellings: [[Character]]
    private let ownWords: Set<String>
    private let maxWord: Int

    /// - Parameters:
    ///   - text: in lower case.
    ///   - ownWords: further words that this user's password must not be made of, in lower case.
    init(_ text: String, ownWords: Set<String>) {
        // The ends of a long one are enough to judge, and bound the time.
        let plain = text.count <= Self.maxJudged ? Array(text) : Array(text.prefix(32) + text.suffix(32))
        spellings = [plain] + Self.readings.map { reading in plain.map { reading[$0] ?? $0 } }
        self.ownWords = ownWords
        maxWord = max(CommonPasswords.maxLength, ownWords.map(\.count).max() ?? 0)
        var left: [Character] = []
        var start = 0
        while start < plain.count {
            let word = word(at: start)
            let row = max(rowLength(at: start), repetitionLength(at: start))
            if let word, word.count > row {
                words.insert(word)
                start += word.count
            } else if row >= Self.minRow {
                start += row
            } else {
                left.append(plain[start])
                start += 1
            }
        }
        // A part of another word is not a second word.
        words = words.filter { word in !words.contains { $0 != word && $0.contains(word) } }
        let hasWord = !words.isEmpty
        // Further characters count once, however often they occur.
        ownCharacters = Set(left.filter { !hasWord || $0.isLetter || !$0.isASCII }).count
    }

    /// The longest word that begins here.
    private func word(at start: Int) -> String? {
        let longest = min(maxWord, spellings[0].count - start)
        for length in stride(from: longest, through: 3, by: -1) {
            for spelling in spellings {
                let candidate = String(spelling[start..<start + length])
                if ownWords.contains(candidate) { return candidate }
                if length >= Self.minWord, CommonPasswords.words.contains(candidate) { return candidate }
            }
        }
        return nil
    }

    private func rowLength(at start: Int) -> Int {
        let plain = spellings[0]
        return Self.rows.map { row in
            guard let place = row.firstIndex(of: plain[start]) else { return 0 }
            return zip(plain[start...], row[place...]).prefix { $0 == $1 }.count
        }.max() ?? 0
    }

    private func repetitionLength(at start: Int) -> Int {
        let plain = spellings[0]
        return plain[start...].prefix { $0 == plain[start] }.count
    }
}
