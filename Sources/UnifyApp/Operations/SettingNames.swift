/// Recognizes names of settings, and suggests corrections of misspelt ones.
enum SettingNames {
    /// Settings whose values are or contain secrets.
    static let secrets: Set<String> = ["UNIFY_MASTER_KEY", "UNIFY_METRICS_TOKEN", "UNIFY_MAIN_DATABASE_URL"]

    private static let mode = "MULTI_TENANT_MODE"

    /// - Parameter name: none of the known ones.
    /// - Returns: why it is refused; nil for a name of another program.
    static func fault(inUnknown name: String, known: Set<String>) -> String? {
        let upper = name.uppercased()
        guard upper.hasPrefix("UNIFY") && upper.dropFirst(5).first.map({ "_-.".contains($0) }) ?? false || isMode(name)
        else { return nil }
        let written = upper.replacing("_DB_", with: "_DATABASE_")
        let meant = isMode(name) ? mode : NearestName.of(written, among: known.sorted())
        let suggestion = meant.map { "Did you mean \($0)?" } ?? "unify serve --help lists the names."
        return "The setting \(name) is not known. \(suggestion)"
    }

    /// Whether the name is the mode's with slips: `UNIFY_MULTI_TENANT_MODE`, `MULTITENANT_MODE`, `multi_tenant_mode`.
    private static func isMode(_ name: String) -> Bool {
        var letters = NearestName.letters(name)
        let prefix = NearestName.letters("UNIFY")
        if letters.starts(with: prefix) { letters.removeFirst(prefix.count) }
        return letters == NearestName.letters("MULTI_TENANT") || letters == NearestName.letters("MULTI_TENANCY")
            || EditDistance.between(letters, NearestName.letters(mode)) <= 2
    }
}
