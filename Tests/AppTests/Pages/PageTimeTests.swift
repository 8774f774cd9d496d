import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import UnifyApp

/// Days and times as pages show them to readers in other zones.
@Suite(.timeLimit(.minutes(5))) struct PageTimeTests {
    private static let zones = ["UTC", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata"]

    private static func cookie(_ zone: String) -> String { zone.replacing("/", with: "%2F") }

    /// A time is shown on the reader's clock; a day is the same for everybody; a form that is saved as it was shown changes
    /// neither.
    @Test func aDueTimeIsShownInTheReadersZoneAndADayEverywhereTheSame() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let time = try await ada.post(
                "/api/tasks", ["title": "time", "due_date": "2046-12-01T23:30:17-08:00"]
            ).json
            let day = try await ada.post("/api/tasks", ["title": "day", "due_date": "2046-12-01"]).json
            let (timeID, dayID) = (try #require(time["id"] as? Int), try #require(day["id"] as? Int))
            let client = PageClient(port: server.client.port)
            try await client.signIn("ada")
            let shown = [
                "UTC": ("2 Dec 2046, 07:30", "2046-12-02T07:30"),
                "America/Los_Angeles": ("1 Dec 2046, 23:30", "2046-12-01T23:30"),
                "Pacific/Auckland": ("2 Dec 2046, 20:30", "2046-12-02T20:30"),
                "Asia/Kolkata": ("2 Dec 2046, 13:00", "2046-12-02T13:00"),
            ]
            for zone in Self.zones {
                client.setCookie("unify_zone", Self.cookie(zone))
                let list = try await client.get("/tasks").html
                let (words, field) = try #require(shown[zone])
                #expect(list.contains(">\(words)<"), "\(zone)")
                #expect(list.contains(">1 Dec 2046<"), "\(zone)")
                let form = try await client.get("/tasks?edit=\(timeID)").html
                #expect(form.contains("type=\"datetime-local\" value=\"\(field)\""), "\(zone)")
                #expect(form.contains("name=\"zone\" value=\"\(zone)\""))
                #expect(
                    try await client.get("/tasks?edit=\(dayID)").html.contains("type=\"date\" value=\"2046-12-01\""))
                for (id, value) in [(timeID, field), (dayID, "2046-12-01")] {
                    let saved = try await client.post(
                        "/tasks/\(id)",
                        ["zone": zone, "title": "x", "description": "", "due_date": value, "priority": "0"])
                    #expect(saved.status == 303, "\(zone): \(saved.html)")
                }
                #expect(
                    try await ada.get("/api/tasks/\(timeID)").json["due_date"] as? String == "2046-12-02T07:30:17.000Z")
                #expect(
                    try await ada.get("/api/tasks/\(dayID)").json["due_date"] as? String == "2046-12-01T00:00:00.000Z")
            }
            client.setCookie("unify_zone", Self.cookie("Asia/Kolkata"))
            for (sent, due) in [
                ("2046-12-03T10:00", "2046-12-03T04:30:00.000Z"), ("2046-12-05", "2046-12-05T00:00:00.000Z"), ("", nil),
            ] as [(String, String?)] {
                _ = try await client.post("/tasks/\(timeID)", ["zone": "Asia/Kolkata", "title": "x", "due_date": sent])
                #expect(try await ada.get("/api/tasks/\(timeID)").json["due_date"] as? String == due, "\(sent)")
            }
            let wrong = try await client.post("/tasks/\(dayID)", ["title": "x", "due_date": "soon"])
            #expect(wrong.status == 422 && wrong.html.contains("value=\"soon\""))
        }
    }

    /// An instant near midnight is on one day here and on another there.
    @Test func anEventNearMidnightIsOnTheReadersDay() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let event = ["title": "late", "starts_at": "2026-12-01T07:30:00Z", "ends_at": "2026-12-01T07:45:00Z"]
            #expect(try await ada.post("/api/events", event).status == 201)
            let client = PageClient(port: server.client.port)
            try await client.signIn("ada")
            for (zone, day, next, clock) in [
                ("UTC", "2026-12-01", "2026-12-02", "07:30"),
                ("America/Los_Angeles", "2026-11-30", "2026-12-01", "23:30"),
                ("Pacific/Auckland", "2026-12-01", "2026-12-02", "20:30"),
                ("Pacific/Kiritimati", "2026-12-01", "2026-12-02", "21:30"),
            ] {
                client.setCookie("unify_zone", Self.cookie(zone))
                let month = try await client.get("/events?month=\(day.prefix(7))").html
                let cell = try #require(
                    month.components(separatedBy: "class=\"day\" href=\"/events/new?day=\(day)\"").dropFirst().first)
                #expect(
                    cell.components(separatedBy: "</td>").first?.contains("<time>\(clock)</time>") == true, "\(zone)")
                #expect(try await client.get("/events/agenda?from=\(day)").html.contains("\(clock)–"), "\(zone)")
                #expect(!(try await client.get("/events/agenda?from=\(next)").html.contains("\(clock)–")), "\(zone)")
            }
        }
    }

    /// The count of the list's head and the marks of its rows follow one rule.
    @Test func whatIsOverdueIsCountedAsItIsMarked() async throws {
        for (zone, now, overdue) in [
            ("UTC", "2026-12-01T12:00:00Z", ["2026-11-30", "2026-12-01T11:59:00Z"]),
            ("America/Los_Angeles", "2026-12-02T04:00:00Z", ["2026-11-30", "2026-12-01T11:59:00Z"]),
            ("Pacific/Auckland", "2026-12-01T12:00:00Z", ["2026-11-30", "2026-12-01", "2026-12-01T11:59:00Z"]),
        ] {
            let time = PageTime(zoneName: zone, now: try #require(Timestamp(rfc3339: now)))
            let all = [
                "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-01T11:59:00Z", "2026-12-02T04:00:01Z",
            ]
            let found = try all.filter { text in
                let instant = try #require(Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "T00:00:00Z"))
                let isMarked = TaskDue(instant).isOverdue(time)
                let excluded = [time.today.midnight, time.today.adding(days: 1).midnight]
                let isCounted = instant < time.now && !excluded.contains(instant)
                #expect(isMarked == isCounted, "\(zone) \(text)")
                return isMarked
            }
            #expect(found == overdue, "\(zone)")
        }
    }
}
