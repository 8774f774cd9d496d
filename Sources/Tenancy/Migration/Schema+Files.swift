extension Schema {
    /// The same schema with the operator's files as its third component.
    public func adding(files: [Migration]) -> Schema {
        Schema(library: self[.library], application: self[.application], files: files)
    }

    /// Migrates a new database of an embedded engine from the program's own schema to this one, and removes it: what
    /// cannot run is found before a user needs it.
    /// - Parameter path: where no file exists.
    /// - Throws: ``TenancyError`` that names the migration and its step.
    public func tryFiles(on engine: any DatabaseEngine, at path: String) async throws {
        let location = DatabaseLocation.file(path)
        do {
            try await engine.makeDatabase(at: location, schema: adding(files: []), identity: nil)
            try await engine.withConnection(to: location, as: .maintenance) { connection in
                try await SchemaMigrations.migrate(
                    connection, to: self, dialect: engine.dialect, date: SystemTimeSource().wallNow, isNew: true)
            }
        } catch {
            // The first error is the one to report.
            try? await engine.dropDatabase(at: location)
            throw error
        }
        try await engine.dropDatabase(at: location)
    }
}
