import Tenancy
import TenancyTesting
import Testing

@testable import UnifyApp

/// The pieces that pages are made of.
@Suite struct PagePartTests {
    private static func instant(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

    @Test func daysOfTheCalendar() throws {
        let day = try #require(LocalDay("2024-02-29"))
        #expect(day.full == "Thursday, 29 February 2024")
        #expect(day.adding(days: 1).iso == "2024-03-01")
        #expect(day.firstOfMonth(adding: -2).iso == "2023-12-01")
        #expect(day.firstOfMonth(adding: 11).iso == "2025-01-01")
        #expect(day.monday.iso == "2024-02-26")
        #expect(try #require(LocalDay("2024-02-26")).monday.iso == "2024-02-26")
        #expect(try #require(LocalDay("2024-03-03")).monday.iso == "2024-02-26")
        #expect(try #require(LocalDay("1969-12-31")).full == "Wednesday, 31 December 1969")
        for text in ["2023-02-29", "2024-2-9", "", "2024-02-29T00:00:00Z", "0000-01-01"] {
            #expect(LocalDay(text) == nil, "\(text)")
        }
        #expect(LocalDay(month: "2026-13") == nil)
    }

    @Test func monthsAreWholeWeeks() throws {
        for (month, weeks, first) in [
            ("2026-11", 6, "2026-10-26"), ("2027-02", 4, "2027-02-01"), ("2026-08", 6, "2026-07-27"),
        ] {
            let grid = MonthGrid(of: try #require(LocalDay(month: month)))
            #expect(grid.weeks.count == weeks, "\(month)")
            #expect(grid.first.iso == first, "\(month)")
            #expect(grid.weeks.allSatisfy { $0.count == 7 }, "\(month)")
            #expect(grid.last == grid.weeks.last?.last, "\(month)")
        }
    }

    /// Berlin's clocks go forward on 29 March 2026 at 01:00 UTC and back on 25 October.
    @Test func clocksThatChange() throws {
        let time = PageTime(zoneName: "Europe/Berlin", now: try Self.instant("2026-03-29T00:30:00Z"))
        #expect(time.dateAndClock(time.now) == "29 Mar 2026, 01:30")
        #expect(time.dateAndClock(try Self.instant("2026-03-29T01:00:00Z")) == "29 Mar 2026, 03:00")
        for (local, utc) in [
            ("2026-03-29T01:30", "2026-03-29T00:30:00.000Z"), ("2026-03-29T03:00", "2026-03-29T01:00:00.000Z"),
            ("2026-10-25T12:00", "2026-10-25T11:00:00.000Z"), ("2026-07-01T00:00", "2026-06-30T22:00:00.000Z"),
        ] {
            #expect(time.rfc3339(localField: local) == utc, "\(local)")
            #expect(time.localField(try Self.instant(utc)) == local, "\(local)")
        }
        #expect(time.start(of: try #require(LocalDay("2026-10-26"))) == (try Self.instant("2026-10-25T23:00:00Z")))
        #expect(time.rfc3339(localField: "tomorrow") == "tomorrow", "the field's rules say what is wrong with it")
    }

    @Test func anUnknownZoneIsUTC() throws {
        for name in [nil, "", "No/Where", String(repeating: "A", count: 100), "../../etc/passwd"] {
            let time = PageTime(zoneName: name, now: try Self.instant("2026-03-29T00:30:00Z"))
            #expect(time.zoneName == "UTC")
            #expect(time.clock(time.now) == "00:30")
        }
    }

    @Test func anEventThatEndsAtMidnightIsNotOnTheNextDay() throws {
        let time = PageTime(zoneName: nil, now: Timestamp(milliseconds: 0))
        for (start, end, last) in [
            ("2026-11-25T20:00:00Z", "2026-11-26T00:00:00Z", "2026-11-25"),
            ("2026-11-25T20:00:00Z", "2026-11-26T00:00:01Z", "2026-11-26"),
            ("2026-11-25T00:00:00Z", "2026-11-25T00:00:00Z", "2026-11-25"),
        ] {
            var fields = FieldReader(members: [
                "title": .string("x"), "starts_at": .string(start), "ends_at": .string(end),
            ])
            let days = EventItem(reading: &fields, changing: nil).days(time)
            #expect(days.first.iso == "2026-11-25")
            #expect(days.last.iso == last, "\(end)")
        }
    }

    @Test func sizesForPeople() {
        for (bytes, text) in [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (1024, "1.0 KB"), (53_352, "52 KB"), (1_048_576, "1.0 MB"),
            (1_073_741_824, "1.0 GB"), (5_000_000_000_000, "4.5 TB"), (5_000_000_000_000_000, "4547 TB"),
        ] as [(Int64, String)] {
            #expect(ByteCount.text(bytes) == text)
        }
        #expect(
            [0, 999, 1000, 100_001, -1_234_567].map(GroupedNumber.text) == [
                "0", "999", "1,000", "100,001", "-1,234,567",
            ])
    }

    @Test func chartsStayInTheirBox() throws {
        for values in [[], [5], [0, 0, 0], [1, 3, 2], (0..<500).map(Double.init)] as [[Double]] {
            let chart = LineChart(values, label: "x", span: 120)
            for point in chart.line.split(separator: " ") {
                let numbers = point.split(separator: ",").compactMap { Double($0) }
                #expect(numbers.count == 2)
                #expect((0...LineChart.height).contains(try #require(numbers.last)), "\(values.count)")
            }
        }
        #expect(LineChart([], label: "x").line.isEmpty)
        #expect(LineChart([1, 2], label: "x").line == "0.0,29.0 240.0,4.0")
        #expect(LineChart([2], label: "x", span: 3).line == "120.0,4.0 240.0,4.0")
    }

    @Test func pathsStayHere() {
        for path in ["/tasks", "/tasks?q=a%20b&show=done", "/"] { #expect(LocalPath.checked(path, else: "-") == path) }
        for path in [
            "", "tasks", "//evil", "/\\evil", "https://evil", "/a b", "/a\nb", "/é",
            "/" + String(repeating: "a", count: 1000),
        ] {
            #expect(LocalPath.checked(path, else: "-") == "-", "\(path)")
        }
        #expect(LocalPath.query("/a", ["b": "c d&é", "e": nil, "f": ""]) == "/a?b=c%20d%26%C3%A9")
        #expect(URLEncodedPairs("b=c%20d%26%C3%A9").values == ["b": "c d&é"])
    }

    /// To Swift a quotation mark with an accent is one character, to a browser it is a quotation mark.
    @Test func markupIsEscapedWhateverStandsBesideIt() throws {
        let templates = try PageTemplates()
        for mark in ["<", ">", "&", "\"", "'"] {
            for text in [mark, "\(mark)\u{301}", "\u{600}\(mark)", "a\(mark)\u{200D}b", "\(mark)\u{20E3}"] {
                let view = FieldView("name", text, value: text)
                let html = templates.render(.input, view)
                let scalars = html.unicodeScalars.filter { "<>\"'".unicodeScalars.contains($0) }
                let plain = templates.render(.input, FieldView("name", "x", value: "x")).unicodeScalars
                    .filter { "<>\"'".unicodeScalars.contains($0) }
                #expect(scalars.map(\.value) == plain.map(\.value), "\(text.unicodeScalars.map(\.value))")
            }
        }
        #expect(HTMLText().escapeText("a<b>&\"'\u{301}é👍🏽") == "a&lt;b&gt;&amp;&quot;&#39;\u{301}é👍🏽")
    }

    @Test func timesThatNoClockShows() throws {
        for (zone, local, utc) in [
            // New York's clocks go from 02:00 to 03:00 and, in November, from 02:00 to 01:00.
            ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:30:00.000Z"),
            ("America/New_York", "2026-03-08T01:45", "2026-03-08T06:45:00.000Z"),
            ("America/New_York", "2026-03-08T03:00", "2026-03-08T07:00:00.000Z"),
            ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00.000Z"),
            // Santiago's go forward at midnight.
            ("America/Santiago", "2026-09-06T00:00", "2026-09-06T04:00:00.000Z"),
            ("Pacific/Kiritimati", "2026-01-01T00:00", "2025-12-31T10:00:00.000Z"),
        ] {
            let time = PageTime(zoneName: zone, now: Timestamp(milliseconds: 0))
            #expect(time.rfc3339(localField: local) == utc, "\(zone) \(local)")
        }
    }

    @Test func formsSayWhatIsWrongWithTheirEncoding() {
        let pairs = URLEncodedPairs("a=%FF&b=%00&c=%4&%FF=x&d=1&d=2&e")
        #expect(pairs.values == ["d": "2", "e": ""])
        #expect(pairs.errors.map(\.field) == ["a", "b", "c", ""])
        #expect(FormFields(URLEncodedPairs("a=x%0D%0Ay"))["a"] == "x\ny")
        #expect(FormFields(URLEncodedPairs("a=%0D%0D%0A%0A%0Dx%0D"))["a"] == "\r\n\n\rx\r")
        #expect(URLEncodedPairs("a=%+1&b=%-1").errors.count == 2)
    }

    @Test func deletedItemsAreKeptForAWhileAndWithinABound() throws {
        let time = ManualTimeSource()
        let deleted = DeletedItems(time: time, maxBytes: 3000)
        let (ada, bob) = (try #require(UserID(1)), try #require(UserID(2)))
        func note(_ length: Int) -> DeletedItems.Item {
            var fields = FieldReader(members: [
                "title": .string("t"), "body": .string(String(repeating: "x", count: length)),
            ])
            return .note(NoteItem(reading: &fields, changing: nil))
        }
        let key = deleted.keep(note(1), of: ada)
        #expect(deleted.take(key, of: bob) == nil)
        #expect(deleted.take(key, of: ada) != nil)
        #expect(deleted.take(key, of: ada) == nil, "once")
        let old = deleted.keep(note(1), of: ada)
        time.advance(by: DeletedItems.lifetime + .seconds(1))
        #expect(deleted.take(old, of: ada) == nil, "too late")
        let keys = (1...4).map { _ in deleted.keep(note(500), of: ada) }
        // Each takes 1,001 bytes.
        #expect(keys.map { deleted.take($0, of: ada) != nil } == [false, false, true, true])
        #expect(deleted.take(deleted.keep(note(5000), of: ada), of: ada) == nil, "larger than all may be")
        #expect(DeletedItems.maxBytes == 64 * 1_048_576 && DeletedItems.maxBytesPerUser == 8 * 1_048_576)
    }

    @Test func oneUsersDeletionsTakeNothingFromOthers() throws {
        let time = ManualTimeSource()
        let deleted = DeletedItems(time: time, maxBytes: 10_000, maxBytesPerUser: 1700)
        let (ada, bob) = (try #require(UserID(1)), try #require(UserID(2)))
        var fields = FieldReader(members: ["title": .string("t"), "body": .string(String(repeating: "x", count: 300))])
        let note = DeletedItems.Item.note(NoteItem(reading: &fields, changing: nil))
        let bobs = deleted.keep(note, of: bob)
        // Each takes 801 bytes.
        let adas = (1...10).map { _ in deleted.keep(note, of: ada) }
        #expect(adas.map { deleted.take($0, of: ada) != nil } == Array(repeating: false, count: 8) + [true, true])
        #expect(deleted.take(bobs, of: bob) != nil)
        let late = deleted.keep(note, of: bob)
        time.advance(by: DeletedItems.lifetime + .seconds(1))
        deleted.dropExpired()
        time.advance(by: .seconds(-10))
        #expect(deleted.take(late, of: bob) == nil, "it is forgotten, not only refused")
    }

    @Test func trafficIsCountedBetweenSamples() {
        let history = TrafficHistory()
        history.add(requests: 100, errors: 1, open: 2, now: .seconds(10))
        #expect(history.samples.isEmpty, "one count is no rate")
        history.add(requests: 110, errors: 2, open: 3, now: .seconds(15))
        #expect(history.samples.map(\.requestsPerMinute) == [120])
        #expect(history.samples.map(\.errorsPerMinute) == [12])
        for number in 1...200 {
            history.add(requests: 110, errors: 2, open: 0, now: .seconds(15 + 5 * number))
        }
        #expect(history.samples.count == TrafficHistory.maxSamples)
        #expect(history.samples.last?.requestsPerMinute == 0)
    }

    @Test func theNewestErrorsAreKept() throws {
        let errors = RecentErrors(time: ManualTimeSource())
        let (ada, bob) = (try #require(UserID(1)), try #require(UserID(2)))
        errors.record(Problem.notFound, of: ada, route: "/x", requestID: "0")
        #expect(errors.newest(10).isEmpty, "a client's own fault is none of the server's")
        for number in 1...(RecentErrors.limit + 10) {
            errors.record(
                Problem.unavailable("busy", ""), of: number % 2 == 0 ? ada : bob, route: "/x", requestID: "\(number)")
        }
        #expect(errors.newest(2).map(\.requestID) == ["510", "509"])
        #expect(errors.newest(2, of: bob).map(\.requestID) == ["509", "507"])
        #expect(errors.newest(.max).count == RecentErrors.limit)
        #expect(errors.newest(.max).last?.requestID == "11")
    }

    @Test func theFleetIsMeasuredWhileSomebodyLooks() {
        let sizes = FleetSizes()
        #expect(!sizes.isDue(now: .zero), "nobody looks")
        #expect(sizes.total() == nil)
        #expect(sizes.isDue(now: .zero))
        sizes.set(
            .init(databases: 1, sizeBytes: 2, measuredAt: Timestamp(milliseconds: 0)), took: .seconds(2),
            now: .seconds(10))
        #expect(sizes.total()?.sizeBytes == 2)
        #expect(!sizes.isDue(now: .seconds(109)), "measuring takes a fiftieth of the time at most")
        #expect(sizes.isDue(now: .seconds(110)))
    }
}
