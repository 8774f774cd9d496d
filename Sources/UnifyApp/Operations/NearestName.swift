/// Finds the name or word that was probably meant.
enum NearestName {
    /// - Returns: nil if none is near.
    static func of(_ text: String, among names: [String]) -> String? {
        let written = letters(text)
        let ranked = names.map { (name: $0, distance: EditDistance.between(written, letters($0))) }
        if let nearest = ranked.min(by: { $0.distance < $1.distance }),
            nearest.distance <= max(2, written.count / 3), nearest.distance < max(1, letters(nearest.name).count)
        {
            return nearest.name
        }
        let words = Self.words(text)
        let sharing = ranked.map { ($0.name, shared: Self.words($0.name).intersection(words).count, $0.distance) }
            .filter { $0.shared > 0 }
        return sharing.min { ($1.shared, $0.2) < ($0.shared, $1.2) }?.0
    }

    /// The letters and digits alone, without regard to case.
    static func letters(_ text: String) -> [UInt8] {
        text.uppercased().utf8.filter { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
    }

    private static func words(_ name: String) -> Set<Substring> {
        Set(name.uppercased().split { !$0.isLetter && !$0.isNumber }).subtracting(["UNIFY", "FILE"])
    }
}
