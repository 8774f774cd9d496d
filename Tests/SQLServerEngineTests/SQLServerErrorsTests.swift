import Tenancy
import Testing

@testable import SQLServerEngine

@Suite struct SQLServerErrorsTests {
    /// Numbers of SQL Server, as sys.messages has them; the first that means something counts.
    @Test(
        arguments: [
            ([2627, 3621], .uniqueViolation), ([2601], .uniqueViolation), ([547, 3621], .constraintViolation),
            ([515], .constraintViolation), ([1205], .busy), ([1222], .busy), ([3960], .busy), ([208], .tableMissing),
            ([229], .notAuthorized), ([262], .notAuthorized), ([4060, 18456], .databaseMissing), ([1105], .diskFull),
            ([9002], .diskFull), ([3906], .databaseUnreadable), ([824], .databaseCorrupt), ([20017], .connectionFailed),
            ([102], .invalidStatement), ([207], .invalidStatement), ([3952], .invalidConfiguration),
        ] as [([Int], TenancyError.Code)])
    func numbersHaveTheirMeaning(numbers: [Int], code: TenancyError.Code) {
        let records = numbers.map { SQLServerFailure.Record(state: "42000", number: $0, text: "a-secret-value") }
        let failure = SQLServerFailure(records: records)
        #expect(failure.tenancyError.code == code)
        #expect(!"\(failure.tenancyError)".contains("a-secret-value"))
    }

    @Test(
        arguments: [
            ("08S01", .connectionFailed), ("HYT00", .connectionFailed), ("HY008", .cancelled),
            ("22001", .constraintViolation),
            ("42S02", .invalidStatement), ("HY000", .internalFailure),
        ] as [(String, TenancyError.Code)])
    func statesHaveTheirMeaning(state: String, code: TenancyError.Code) {
        let failure = SQLServerFailure(records: [
            .init(state: "01000", number: 0, text: ""), .init(state: state, number: 0, text: ""),
        ])
        #expect(failure.tenancyError.code == code)
    }
}
