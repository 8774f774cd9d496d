internal import Foundation
internal import Tenancy
internal import TenancyTesting
import Testing

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.001Z", 1),
            ("1969-12-31T23:59:59.999Z", -1),
            ("1985-04-12T23:20:50.52Z", 482_196_050_520),
            ("1996-12-19T16:39:57-08:00", 851_042_397_000),
            ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130),
            ("1990-12-31T23:59:60Z", 662_687_999_999),
            ("1990-12-31T15:59:60-08:00", 662_687_999_999),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2024-02-29t12:00:00z", 1_709_208_000_000),
            ("2026-11-23 23:49:51Z", 1_795_477_791_000),
            ("2026-11-23T23:49:51.1239999999Z", 1_795_477_791_123),
            ("2026-11-23T23:49:51-00:00", 1_795_477_791_000),
            ("2026-11-24T23:48:51+23:59", 1_795_477_791_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)])
    func readsRFC3339(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-11-23", "2026-11-23T23:49:51", "2026-11-23T23:49Z", "2026-11-23T23:49:51.Z",
        "2026-11-23T23:49:51,5Z", "2026-11-23T23:49:51+01", "2026-11-23T23:49:51+0100", "2026-11-23T23:49:51+24:00",
        "2026-11-23T23:49:51+01:60", "2026-11-23T23:49:51ZZ", " 2026-11-23T23:49:51Z", "2026-11-23T23:49:51Z ",
        "2026-11-23T23:49:51Z\0", "2026-11-23_23:49:51Z", "2026-11-23T24:00:00Z", "2026-11-23T23:60:00Z",
        "2026-11-23T23:49:61Z", "2026-00-23T23:49:51Z", "2026-13-23T23:49:51Z", "2026-11-00T23:49:51Z",
        "2026-11-31T23:49:51Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
        "2024-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "2026-1-23T23:49:51Z", "+026-11-23T23:49:51Z",
        "٢٠٢٦-11-23T23:49:51Z", "2026/11/23T23:49:51Z",
    ])
    func refusesWhatIsNotRFC3339(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func refusesEveryProperPrefix() {
        let text = "2026-11-23T23:49:51.123Z"
        for length in 0..<text.count { #expect(Timestamp(rfc3339: String(text.prefix(length))) == nil) }
    }

    @Test func writesFixedWidthUTC() {
        #expect(Timestamp(milliseconds: 0).rfc3339 == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: -1).rfc3339 == "1969-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: 951_782_400_005).rfc3339 == "2000-02-29T00:00:00.005Z")
    }

    @Test func writesTheNearestYearItCanWhereTheInstantIsOutside() {
        #expect(Timestamp(milliseconds: .min).rfc3339 == "0001-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: .max).rfc3339 == "9999-12-31T23:59:59.999Z")
    }

    @Test func roundTripsAndKeepsTheOrder() {
        var random = SeededGenerator(seed: 1)
        let range: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999
        let instants = (0..<5000).map { _ in Timestamp(milliseconds: .random(in: range, using: &random)) }.sorted()
        let texts = instants.map(\.rfc3339)
        #expect(texts.map { Timestamp(rfc3339: $0) } == instants)
        #expect(texts.allSatisfy { $0.utf8.count == 24 })
        #expect(texts == texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    @Test func agreesWithFoundationOnEveryDayOfFourCenturies() throws {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        let start = try #require(Timestamp(rfc3339: "1890-01-01T00:00:00Z")).milliseconds
        for day in stride(from: Int64(0), to: 146_097, by: 17) {
            let instant = Timestamp(milliseconds: start + day * 86_400_000)
            let date = Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000)
            #expect(instant.rfc3339 == style.format(date))
        }
    }

    @Test(arguments: [(2000, true), (2024, true), (1900, false), (2023, false), (2100, false), (2400, true)])
    func knowsLeapYears(year: Int, isLeap: Bool) {
        #expect((Timestamp(rfc3339: "\(year)-02-29T00:00:00Z") != nil) == isLeap)
    }

    @Test func addsDurationsInWholeMilliseconds() {
        let start = Timestamp(milliseconds: 1000)
        #expect(start.adding(.seconds(2)).milliseconds == 3000)
        #expect(start.adding(.microseconds(1999)).milliseconds == 1001)
        #expect(start.adding(.seconds(-2)).milliseconds == -1000)
    }
}
