internal import Foundation

/// The operator's folder of migrations of user databases.
///
/// Files are named as ``MigrationFile/Name`` says; files of other kinds are passed over.
public struct MigrationFolder: Sendable {
    /// The most bytes of a file.
    static let maxBytes = 1024 * 1024
    /// The most files.
    static let maxFiles = 10_000

    private let path: String
    private let dialects: [any Dialect]
    private let usual: EngineKind

    /// - Parameters:
    ///   - engines: the engines that may hold user databases.
    ///   - usual: the engine of most of them. A file that others cannot read is no fault, because they may never be used;
    ///     making a database there fails.
    public init(_ path: String, for engines: EngineRegistry, usual: EngineKind) throws {
        self.path = path
        self.usual = usual
        dialects = try engines.kinds.map { try engines.engine($0).dialect }
    }

    /// The migrations in the order of their versions.
    /// - Throws: ``TenancyError`` `invalidConfiguration` that names the file and its fault.
    public func migrations() throws -> [Migration] {
        var files: [Int: [(name: MigrationFile.Name, file: String)]] = [:]
        for file in try listed() {
            let name = try MigrationFile.Name(file)
            files[name.version, default: []].append((name, file))
        }
        return try files.sorted { $0.key < $1.key }.map { try migration($0.value) }
    }

    private func listed() throws -> [String] {
        do {
            let files = try FileManager.default.contentsOfDirectory(atPath: path)
                .filter { $0.hasSuffix(".sql") && !$0.hasPrefix(".") }.sorted()
            guard files.count <= Self.maxFiles else {
                throw TenancyError(
                    .invalidConfiguration, "The folder of migrations \(path) has more than \(Self.maxFiles) files.")
            }
            return files
        } catch let error as TenancyError {
            throw error
        } catch {
            throw TenancyError(
                .invalidConfiguration,
                "The folder of migrations \(path) cannot be read. Set UNIFY_MIGRATIONS_DIR to a folder that the server's user "
                    + "may read.", cause: error)
        }
    }

    /// - Parameter files: the common file of a version, and those of single engines.
    private func migration(_ files: [(name: MigrationFile.Name, file: String)]) throws -> Migration {
        let first = files[0]
        if let other = files.first(where: { $0.name.name != first.name.name }) {
            throw MigrationFile.fault(other.file, "it has the version of \(first.file)")
        }
        guard let common = files.first(where: { $0.name.engine == nil }) else {
            throw MigrationFile.fault(first.file, "there is no \(first.name.version)_\(first.name.name).sql beside it")
        }
        var inside: [EngineKind: [String]] = [:]
        var outside: [EngineKind: [String]] = [:]
        for dialect in dialects {
            let chosen = files.first { $0.name.engine == dialect.engine } ?? common
            let file = try MigrationFile(try text(of: chosen.file), file: chosen.file)
            let own = try statements(of: file, named: chosen.file, in: dialect)
            if file.isInTransaction { inside[dialect.engine] = own } else { outside[dialect.engine] = own }
        }
        return Migration(
            common.name.version, common.name.name,
            steps: [
                .sql { [inside] in inside[$0.engine] ?? [] },
                .outsideTransaction { [outside] in outside[$0.engine] ?? [] },
            ])
    }

    private func statements(of file: MigrationFile, named name: String, in dialect: any Dialect) throws -> [String] {
        do {
            return try file.statements(in: dialect, file: name)
        } catch let error as TenancyError where dialect.engine != usual {
            // No engine runs this: the reason takes the statements' place.
            return [error.message]
        }
    }

    private func text(of file: String) throws -> String {
        // The reason does not change what the operator should do.
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: "\(path)/\(file)")) else {
            throw MigrationFile.fault(file, "it cannot be read")
        }
        guard data.count <= Self.maxBytes else {
            throw MigrationFile.fault(file, "it has more than \(Self.maxBytes) bytes")
        }
        guard let text = String(data: data, encoding: .utf8), !text.utf8.contains(0) else {
            throw MigrationFile.fault(file, "it is no text in UTF-8")
        }
        return text
    }
}
