internal import Tenancy

extension ConformanceCase {
    /// Making, finding, moving and removing databases.
    static let lifecycle: [ConformanceCase] = [
        ConformanceCase("connecting to a database that is not there makes none") { test in
            try await test.withLocation { location in
                for _ in 1...2 {
                    try await test.expect(.databaseMissing, from: "connecting") {
                        try await test.engine.connect(to: location, as: .maintenance)
                    }
                }
            }
        },
        ConformanceCase("makeDatabase leaves a database as it was") { test in
            try await test.withDatabase { location in
                try await test.withConnection(to: location) { try await $0.addOwner("first") }
                try await test.engine.makeDatabase(
                    at: location, schema: ConformanceSchema.second, identity: try test.identity(of: 8))
                try await test.withConnection(to: location) { connection in
                    try test.expect(try await connection.ownerNames, is: ["first"], "what the database holds")
                    let stamp = try await DatabaseIdentity.read(from: connection, dialect: test.engine.dialect)
                    try test.expect(stamp, is: try test.identity(), "the stamp")
                    try await test.expect(.tableMissing, from: "a table of the second call") {
                        try await connection.rows("SELECT Label FROM Labels")
                    }
                }
            }
        },
        ConformanceCase("makeDatabase called many times at once makes one database") { test in
            try await test.withLocation { location in
                let identities = try (1...8).compactMap(UserID.init).map { try test.identity(of: $0) }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for identity in identities {
                        group.addTask {
                            try await test.engine.makeDatabase(
                                at: location, schema: ConformanceSchema.first, identity: identity)
                            let stamp = try await test.withConnection(to: location) {
                                try await DatabaseIdentity.read(from: $0, dialect: test.engine.dialect)
                            }
                            try test.expect(stamp != nil, "makeDatabase returned before there was a whole database")
                        }
                    }
                    try await group.waitForAll()
                }
                try await test.withConnection(to: location) { connection in
                    let stamp = try await DatabaseIdentity.read(from: connection, dialect: test.engine.dialect)
                    try test.expect(stamp.map(identities.contains) == true, "the stamp is nobody's")
                    try test.expect(
                        try await connection.number("SELECT COUNT(*) FROM Database_Identity"), is: 1, "the stamps")
                }
            }
        },
        ConformanceCase("a stamp is read back as it was given") { test in
            try await test.withConnection { connection in
                let stamp = try await DatabaseIdentity.read(from: connection, dialect: test.engine.dialect)
                try test.expect(stamp, is: try test.identity(), "the stamp")
            }
        },
        ConformanceCase("a database made without a stamp has none") { test in
            try await test.withLocation { location in
                try await test.engine.makeDatabase(at: location, schema: ConformanceSchema.first, identity: nil)
                try await test.withConnection(to: location) { connection in
                    let stamp = try await DatabaseIdentity.read(from: connection, dialect: test.engine.dialect)
                    try test.expect(stamp, is: nil, "the stamp")
                }
            }
        },
        ConformanceCase("dropDatabase removes a database with what it holds, and may be repeated") { test in
            try await test.withDatabase { location in
                try await test.withConnection(to: location) { try await $0.addOwner("old") }
                try await test.engine.dropDatabase(at: location)
                try await test.expect(.databaseMissing, from: "connecting after dropDatabase") {
                    try await test.engine.connect(to: location, as: .user)
                }
                try await test.engine.dropDatabase(at: location)
                try await test.engine.makeDatabase(at: location, schema: ConformanceSchema.first, identity: nil)
                try await test.withConnection(to: location) { connection in
                    try test.expect(try await connection.ownerCount, is: 0, "the rows of the next database")
                }
            }
        },
        ConformanceCase("quarantine frees the name, and may be repeated") { test in
            try await test.withDatabase { location in
                try await test.withConnection(to: location) { try await $0.addOwner("old") }
                try await test.engine.quarantine(location)
                try await test.expect(.databaseMissing, from: "connecting after quarantine") {
                    try await test.engine.connect(to: location, as: .user)
                }
                try await test.engine.quarantine(location)
                try await test.engine.makeDatabase(at: location, schema: ConformanceSchema.first, identity: nil)
                try await test.withConnection(to: location) { connection in
                    try test.expect(try await connection.ownerCount, is: 0, "the rows of the next database")
                }
            }
        },
        ConformanceCase("a database has a size, and it grows") { test in
            try await test.withDatabase { location in
                let before = try await test.engine.sizeBytes(of: location)
                try test.expect(before > 0, "the size of a new database is \(before)")
                try await test.withConnection(to: location) { connection in
                    _ = try await connection.run(
                        "INSERT INTO Samples (Sample_ID, Words) VALUES (1, ?)",
                        [.text(incompressible(1 << 20))])
                }
                let after = try await test.engine.sizeBytes(of: location)
                try test.expect(after > before, "the size went from \(before) to \(after) with a megabyte")
            }
        },
        ConformanceCase("a sound database has no problems") { test in
            try await test.withConnection { connection in
                try await connection.addOwner("anybody")
                let problems = try await test.engine.integrityProblems(on: connection)
                try test.expect(problems, is: [], "what integrityProblems finds")
            }
        },
    ]
}

/// Text that a server cannot store in less: compressed, it could take less than the server frees meanwhile by itself.
private func incompressible(_ length: Int) -> String {
    let digits = (0..<length / 8).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 36) }.joined()
    return String(digits.prefix(length))
}
