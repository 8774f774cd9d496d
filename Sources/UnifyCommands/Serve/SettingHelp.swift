/// A setting and its meaning, in lines for a terminal of 80 columns.
enum SettingHelp {
    static let columns = 80
    private static let indentation = "      "

    static func lines(_ name: String, _ meaning: String) -> String {
        var lines = ["  \(name)"]
        var line = ""
        for word in meaning.split(separator: " ") {
            if !line.isEmpty, indentation.count + line.count + 1 + word.count > columns {
                lines.append(indentation + line)
                line = ""
            }
            line += line.isEmpty ? "\(word)" : " \(word)"
        }
        return (lines + [indentation + line]).joined(separator: "\n")
    }
}
