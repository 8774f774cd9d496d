internal import Foundation
internal import Tenancy

/// Looks settings up, and collects everything that is wrong with them. A message never repeats a value that may be a secret.
struct SettingValues {
    /// The sources of values; an earlier source wins.
    private enum Place {
        case flags, environment
        case file(path: String, line: Int)

        func described(_ name: String) -> String {
            switch self {
            case .flags: "from \(Self.flag(name))"
            case .environment: "in the environment"
            case .file(let path, let line): "in \(path), line \(line)"
            }
        }

        var rank: Int {
            switch self {
            case .flags: 0
            case .environment: 1
            case .file: 2
            }
        }

        private static func flag(_ name: String) -> String {
            guard name != "MULTI_TENANT_MODE" else { return "--multi-tenant" }
            return "--" + name.dropFirst("UNIFY_".count).lowercased().replacingOccurrences(of: "_", with: "-")
        }
    }

    private var values: [String: (text: String, place: Place)] = [:]
    private(set) var faults: [String] = []
    /// Variables that Kubernetes or Docker has added, which are no settings.
    private(set) var serviceLinks: [String] = []

    /// - Parameters:
    ///   - known: the names that are read.
    ///   - file: the path of a file of lines `NAME=value`; it may be missing.
    init(flags: [String: String], environment: [String: String], file: String?, known: Set<String>) {
        if let file { take(file, known) }
        for (name, value) in environment {
            guard !ServiceLink.isOne(name, value, in: environment) else {
                serviceLinks.append(name)
                continue
            }
            take(name, value, .environment, known)
        }
        for (name, value) in flags { take(name, value, .flags, known) }
        serviceLinks.sort()
        faults.sort()
    }

    private mutating func take(_ path: String, _ known: Set<String>) {
        let file = SettingsFile(path: path)
        do {
            guard let text = try file.text() else { return }
            faults += text.faults.map { "The file of settings \(path): \($0)" }
            for entry in text.entries {
                take(entry.name, entry.value, .file(path: path, line: entry.line), known)
            }
        } catch {
            faults.append((error as? TenancyError)?.message ?? "The file of settings \(path) cannot be read: \(error)")
        }
    }

    private mutating func take(_ name: String, _ value: String, _ place: Place, _ known: Set<String>) {
        guard known.contains(name) else {
            if let fault = SettingNames.fault(inUnknown: name, known: known) {
                refuse("\(fault) It is set \(place.described(name)).")
            }
            return
        }
        let text = value.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { return }
        if let flaw = Self.flaw(of: text) { return refuse("\(name) \(flaw). It is set \(place.described(name)).") }
        values[name] = (text, place)
    }

    private static func flaw(of text: String) -> String? {
        if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            return "has more than one line, or a control character, in its value"
        }
        if let first = text.first, "'\"".contains(first), text.count > 1, text.last == first {
            return "has quotes in its value; take them away (docker --env-file and systemd's Environment= keep them, "
                + "and a shell or .env needs one pair only)"
        }
        return nil
    }

    func text(_ name: String) -> String? { values[name]?.text }

    /// - Parameters:
    ///   - expected: a description of valid values.
    ///   - meant: a likely intended value.
    mutating func word<Value>(
        _ name: String, expected: String? = nil, meant: (String) -> String? = { _ in nil }, _ read: (String) -> Value?
    ) -> Value? {
        guard let (text, place) = values[name] else { return nil }
        if let value = read(text) { return value }
        let expected = expected ?? SettingsReader.names.first { $0.name == name }?.meaning ?? "another value"
        let told = SettingNames.secrets.contains(name) ? "has a bad value" : "is \"\(text)\""
        let suggestion = meant(text).map { " Did you mean \($0)?" } ?? ""
        refuse("\(name) \(told) (\(place.described(name))). Expected: \(expected).\(suggestion)")
        return nil
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>, _ unit: SettingUnit = .none) -> Int? {
        word(
            name, expected: unit.expectation(range),
            meant: { unit.number(meantBy: $0).flatMap { range.contains($0) ? "\($0)" : nil } },
            { text in Int(text).flatMap { range.contains($0) ? $0 : nil } })
    }

    mutating func boolean(_ name: String) -> Bool? {
        let words = [
            "true": true, "1": true, "yes": true, "on": true, "false": false, "0": false, "no": false, "off": false,
        ]
        return word(
            name, expected: "true or false", meant: { NearestName.of($0, among: ["true", "false"]) },
            { words[$0.lowercased()] })
    }

    /// One of several words, or an alias of one, ignoring case.
    mutating func choice<Value>(
        _ name: String, of words: [String], also others: [String: String] = [:], _ read: (String) -> Value?
    ) -> Value? {
        let list = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        return word(
            name, expected: list,
            meant: { others[$0.lowercased()] ?? NearestName.of($0, among: words) }, { read($0.lowercased()) })
    }

    /// The value of a setting that may also be in a file named by another setting. A flag overrides the environment,
    /// and that overrides `.env`, whichever of the two names is used.
    mutating func secret(_ name: String) -> String? {
        let fileName = name + "_FILE"
        let (value, file) = (values[name], values[fileName])
        if let value, let file, value.place.rank == file.place.rank {
            refuse("Set \(name) or \(fileName), not both.")
            return nil
        }
        guard let file, value.map({ file.place.rank < $0.place.rank }) ?? true else { return value?.text }
        do {
            return try SettingsFile(path: file.text).secret(for: fileName)
        } catch {
            refuse((error as? TenancyError)?.message ?? "The file of \(fileName) cannot be read: \(error)")
            return nil
        }
    }

    mutating func refuse(_ fault: String) { faults.append(fault) }

    /// - Throws: ``TenancyError`` `invalidConfiguration` that names everything that is wrong.
    func throwFaults() throws {
        guard let first = faults.first else { return }
        guard faults.count > 1 else { throw TenancyError(.invalidConfiguration, first) }
        let lines = faults.map { "  - \($0)" }.joined(separator: "\n")
        throw TenancyError(.invalidConfiguration, "\(faults.count) things are wrong with the settings:\n\(lines)")
    }
}
