/// The 10,000 most common passwords, reduced to the base of longer ones: lower case, without surrounding digits and
/// symbols.
enum CommonPasswords {
    /// The length of the longest word, in characters.
    static let maxLength = 20

    /// `Resources/common-passwords.txt` names the source.
    static let words: Set<String> = Set(
        String(decoding: PackageResources.common_passwords_txt, as: UTF8.self)
            .split(separator: "\n").lazy.filter { !$0.hasPrefix("#") }.map(String.init))
}
