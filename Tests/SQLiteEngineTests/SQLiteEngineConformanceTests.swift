import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing

@Suite("SQLiteEngine keeps what every engine promises", .timeLimit(.minutes(2)))
struct SQLiteEngineConformanceTests {
    @Test(arguments: ConformanceCase.all)
    func engineKeeps(_ rule: ConformanceCase) async throws {
        try await rule.run(with: try conformance(SQLiteEngine()))
    }

    /// Negative control: an engine that breaks a rule is found out.
    @Test func suiteFindsAnEngineThatBreaksARule() async throws {
        let broken = try conformance(ForgetfulEngine())
        var found: [String] = []
        for rule in ConformanceCase.all {
            do throws(ConformanceFailure) { try await rule.run(with: broken) } catch { found.append(error.caseName) }
        }
        #expect(found.contains("makeDatabase leaves a database as it was"))
        #expect(found.contains("a stamp is read back as it was given"))
        #expect(found.contains("dropDatabase removes a database with what it holds, and may be repeated"))
        #expect(!found.contains("commit keeps what a transaction did"))
    }

    @Test func namesOfCasesAreDistinct() {
        #expect(Set(ConformanceCase.all.map(\.name)).count == ConformanceCase.all.count)
        #expect(ConformanceCase.all.count >= 40)
    }

    private func conformance(_ engine: any DatabaseEngine) throws -> EngineConformance {
        let directory = try TemporaryDirectory()
        return EngineConformance(engine, endlessQuery: SQLStatement(Endless.sql)) {
            .file(directory.file("\(DatabaseID.random()).db"))
        }
    }
}
