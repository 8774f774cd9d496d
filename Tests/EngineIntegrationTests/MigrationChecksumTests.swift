import MySQLEngine
import PostgreSQLEngine
import SQLiteEngine
import Tenancy
import Testing
import UnifyApp

/// The checksums of migrations that installations have recorded. One that changes makes every installation refuse to start:
/// leave the migration as it is, and make the change a new one.
@Suite struct MigrationChecksumTests {
    /// The beginnings of the checksums, four digits each, of each component's first migrations.
    private static let recorded: [EngineKind: [MigrationComponent: String]] = [
        .sqlite: [
            .library: "e48a15b9dd408f388af53d3d10530be0",
            .application: "8eff4588da3ab38a0289dc23c6f85e4cdd9696d5edc8296f",
        ],
        .postgresql: [
            .library: "a1734370ff430e60bd35b235a0b9b6bc",
            .application: "49de9403a19aa619a862c06fa88effc1f044f6173e12699c",
        ],
        .mysql: [
            .library: "b3ccf553177e06c49be8416476b20e7c",
            .application: "8262356355ab55197c7c1aa2af16b879dea90cad5da163c2",
        ],
    ]

    @Test(arguments: [SQLiteEngine().dialect, PostgreSQLEngine().dialect, MySQLEngine().dialect])
    func recordedMigrationsStayAsTheyAre(dialect: any Dialect) throws {
        for (component, digits) in try #require(Self.recorded[dialect.engine]) {
            let sums = AppSchema.mainDatabase[component].prefix(digits.count / 4)
                .map { $0.checksum(in: dialect).prefix(4) }
            #expect(sums.joined() == digits, "\(component) on \(dialect.engine.rawValue)")
        }
    }
}
