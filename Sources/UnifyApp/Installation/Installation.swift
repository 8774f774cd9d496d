public import Tenancy

/// The mode of an installation, which its main database records.
public struct Installation: Sendable {
    /// The result of looking up the mode.
    public struct Found: Sendable {
        public let mode: InstallationMode
        /// Whether the installation had no mode before, and nobody had chosen one.
        public let isByDefault: Bool

        public init(mode: InstallationMode, isByDefault: Bool) {
            self.mode = mode
            self.isByDefault = isByDefault
        }
    }

    private let main: MainDatabase

    public init(_ main: MainDatabase) { self.main = main }

    /// The recorded mode; nil if none is.
    public func mode() async throws -> InstallationMode? {
        try await main.withDatabase(.read) { try await InstallationRepository($0).find()?.mode }
    }

    /// The recorded mode, or the one that the installation's data implies; nil if neither tells.
    public func modeOrWhatItHolds() async throws -> InstallationMode? {
        if let mode = try await mode() { return mode }
        let held = try await holdings()
        let modes: [InstallationMode] = [.single, .multiTenant]
        let fitting = modes.filter { held.hidden(in: $0) == nil }
        return fitting.count == 1 ? fitting.first : nil
    }

    public func holdings() async throws -> InstallationHoldings {
        try await main.withDatabase(.read) { try await InstallationRepository($0).holdings() }
    }

    /// The installation's mode. An installation without one gets the mode that its data implies; an empty one gets
    /// the chosen mode, or single-database mode.
    /// - Parameter chosen: the setting's value; nil if not set.
    /// - Throws: ``TenancyError`` `invalidConfiguration` if the setting contradicts the record, or the installation
    ///   has data of both modes and no record.
    public func settle(_ chosen: InstallationMode?) async throws -> Found {
        if let record = try await main.withDatabase(.read, { try await InstallationRepository($0).find() }),
            chosen == nil
                || record == InstallationRepository.Record(mode: record.mode, isChosen: true) && chosen == record.mode
        {
            return Found(mode: record.mode, isByDefault: false)
        }
        do {
            return try await record(chosen)
        } catch let error as TenancyError where error.code == .uniqueViolation {
            // Another process has recorded the mode at the same moment.
            return try await record(chosen)
        }
    }

    /// The mode for a command that reads beside a server, which a change of mode would end: nothing is written. A
    /// default mode contradicts no setting as long as that hides no data.
    /// - Throws: as ``settle(_:)`` does.
    public func compare(_ chosen: InstallationMode?) async throws -> InstallationMode {
        try await main.withDatabase(.read) { database in
            let repository = InstallationRepository(database)
            guard let record = try await repository.find() else {
                let mode = try Self.mode(of: try await repository.holdings()) ?? chosen ?? .single
                try Self.refuseContradiction(mode, chosen)
                return mode
            }
            if let chosen, chosen != record.mode {
                let hidden = record.isChosen ? "" : try await repository.holdings().hidden(in: chosen)
                guard hidden == nil else { throw Self.contradiction(record.mode, chosen) }
            }
            return record.mode
        }
    }

    private func record(_ chosen: InstallationMode?) async throws -> Found {
        let date = main.time.wallNow
        return try await main.transaction { database in
            let repository = InstallationRepository(database)
            guard let record = try await repository.find() else {
                let held = try Self.mode(of: try await repository.holdings())
                let mode = held ?? chosen ?? .single
                try Self.refuseContradiction(mode, chosen)
                try await repository.insert(
                    InstallationRepository.Record(mode: mode, isChosen: held != nil || chosen != nil), date: date)
                return Found(mode: mode, isByDefault: held == nil && chosen == nil)
            }
            guard let chosen else { return Found(mode: record.mode, isByDefault: false) }
            if record.mode != chosen {
                let hidden = record.isChosen ? "" : try await repository.holdings().hidden(in: chosen)
                guard hidden == nil else { throw Self.contradiction(record.mode, chosen) }
                try await Self.note(
                    record.mode, chosen, "nobody had chosen the mode before", actor: nil, database, date)
            }
            try await repository.update(InstallationRepository.Record(mode: chosen, isChosen: true), date: date)
            return Found(mode: chosen, isByDefault: false)
        }
    }

    /// Changes the mode. Nothing is moved: data that only the other mode shows stays where it is. Servers in the
    /// other mode notice at once, and end.
    /// - Returns: whether it changed.
    public func change(to mode: InstallationMode, actor: UserID? = nil) async throws -> Bool {
        let date = main.time.wallNow
        return try await main.transaction { database in
            let repository = InstallationRepository(database)
            let record = InstallationRepository.Record(mode: mode, isChosen: true)
            let old = try await repository.find()
            if old == nil {
                try await repository.insert(record, date: date)
            } else {
                try await repository.update(record, date: date)
            }
            guard old?.mode != mode else { return false }
            let hidden = try await repository.holdings().hidden(in: mode)
            try await Self.note(
                old?.mode, mode, hidden.map { "out of sight: \($0)" } ?? "nothing is out of sight", actor: actor,
                database,
                date)
            return true
        }
    }

    private static func note(
        _ old: InstallationMode?, _ new: InstallationMode, _ detail: String, actor: UserID?, _ database: DatabaseHandle,
        _ date: Timestamp
    ) async throws {
        try await ChangeLog(database).appendKeyChange(date: date)
        try await AuditLog(database).append(
            "installation.mode", actor: actor, userID: nil,
            detail: "from \(old?.rawValue ?? "none") to \(new.rawValue); \(detail)", date: date)
    }

    /// The mode that an installation without a record was in; nil if it holds nothing.
    private static func mode(of holdings: InstallationHoldings) throws -> InstallationMode? {
        switch (holdings.hidden(in: .multiTenant), holdings.hidden(in: .single)) {
        case (nil, nil): return nil
        case (nil, .some): return .multiTenant
        case (.some, nil): return .single
        case (let rows?, let databases?):
            throw TenancyError(
                .invalidConfiguration,
                "This installation does not record its mode, and holds data of both: \(databases), and \(rows). Decide which "
                    + "of them users are to see: \(InstallationMode.multiTenant.command), or "
                    + "\(InstallationMode.single.command). Neither changes or removes a row.")
        }
    }

    private static func refuseContradiction(_ mode: InstallationMode, _ chosen: InstallationMode?) throws {
        guard let chosen, chosen != mode else { return }
        throw contradiction(mode, chosen)
    }

    private static func contradiction(_ mode: InstallationMode, _ chosen: InstallationMode) -> TenancyError {
        TenancyError(
            .invalidConfiguration,
            "This installation is in \(mode.rawValue) mode: \(mode.meaning). MULTI_TENANT_MODE=\(chosen.setting) asks for "
                + "\(chosen.rawValue) mode. Remove the setting, or set it to \(mode.setting). To change the mode of the "
                + "installation, run: \(chosen.command)")
    }
}
