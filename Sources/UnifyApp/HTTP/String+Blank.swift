extension String {
    /// Whether a reader sees nothing of it: it is empty, or only has blanks and invisible characters, such as the
    /// zero-width space and the byte order mark.
    ///
    /// Source: the properties White_Space and Default_Ignorable_Code_Point of the Unicode Character Database, the
    /// interlinear annotation marks (U+FFF9 to U+FFFB), and the braille pattern without dots.
    var isBlank: Bool { unicodeScalars.allSatisfy(\.isInvisible) }
}

extension Unicode.Scalar {
    /// Whether it leaves no mark of its own.
    var isInvisible: Bool {
        switch value {
        case 0x21...0x7E: false
        case 0xFFF9...0xFFFB, 0x2800: true
        default:
            properties.isWhitespace || properties.isDefaultIgnorableCodePoint || properties.generalCategory == .control
        }
    }
}
