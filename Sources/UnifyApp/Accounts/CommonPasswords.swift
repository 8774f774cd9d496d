/// The 10,000 most common passwords, reduced to what people make longer ones of: lower case, without the digits and signs
/// around them.
enum CommonPasswords {
    /// The longest word has so many characters.
    static let maxLength = 20

    /// `Resources/common-passwords.txt` says where they come from.
    static let words: Set<String> = Set(
        String(decoding: PackageResources.common_passwords_txt, as: UTF8.self)
            .split(separator: "\n").lazy.filter { !$0.hasPrefix("#") }.map(String.init))
}
