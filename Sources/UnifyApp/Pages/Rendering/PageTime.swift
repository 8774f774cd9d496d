internal import Foundation
internal import Hummingbird
internal import Tenancy

/// Times as a page's reader reads and writes them: in the time zone from the browser's cookie, otherwise in UTC.
struct PageTime: Sendable {
    static let cookieName = "unify_zone"

    private let zone: TimeZone
    let now: Timestamp

    init(_ request: Request, now: Timestamp) {
        let name = request.cookies[Self.cookieName]?.value.removingPercentEncoding
        self.init(zoneName: name, now: now)
    }

    /// - Parameter zoneName: of the IANA time zone database; an unknown one counts as UTC.
    init(zoneName: String?, now: Timestamp) {
        let known = zoneName.flatMap { $0.utf8.count <= 64 ? TimeZone(identifier: $0) : nil }
        zone = known ?? .gmt
        self.now = now
    }

    /// The same moment in the zone in which a form was shown, if the form has it.
    func shown(zone name: String?) -> PageTime { name.map { PageTime(zoneName: $0, now: now) } ?? self }

    /// As `Europe/Berlin`.
    var zoneName: String { zone == .gmt ? "UTC" : zone.identifier }

    var today: LocalDay { day(of: now) }

    func day(of instant: Timestamp) -> LocalDay { LocalDay(shifted: shifted(instant)) }

    /// The first instant of a day here.
    func start(of day: LocalDay) -> Timestamp { unshifted(day.midnight) }

    private func shifted(_ instant: Timestamp) -> Timestamp { instant.adding(.seconds(offset(at: instant))) }

    /// The instant at which the local clock shows a time; the first one if it does so twice. If the clock skips that
    /// time, the instant at which it would have shown it.
    private func unshifted(_ local: Timestamp) -> Timestamp {
        // No clock is changed twice within two days.
        let before = offset(at: local.adding(.seconds(-86_400)))
        let after = offset(at: local.adding(.seconds(86_400)))
        let (early, late) = (local.adding(.seconds(-before)), local.adding(.seconds(-after)))
        return offset(at: early) != before && offset(at: late) == after ? late : early
    }

    private func offset(at instant: Timestamp) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000))
    }

    // MARK: Words

    /// As `17:03`.
    func clock(_ instant: Timestamp) -> String { String(shifted(instant).rfc3339.dropFirst(11).prefix(5)) }

    /// As `25 Nov 2026, 17:03`.
    func dateAndClock(_ instant: Timestamp) -> String { "\(day(of: instant).short), \(clock(instant))" }

    // MARK: Fields of forms

    /// The value of a `datetime-local` field: `2026-11-25T17:03`.
    func localField(_ instant: Timestamp) -> String { String(shifted(instant).rfc3339.prefix(16)) }

    /// The instant in such a field; invalid text is returned for the field's rules to reject.
    func rfc3339(localField text: String) -> String {
        // Some browsers send seconds, and people without such a field type a blank.
        let minutes = text.replacing(" ", with: "T").prefix(16)
        guard minutes.utf8.count == 16, let local = Timestamp(rfc3339: minutes + ":00Z") else { return text }
        return unshifted(local).rfc3339
    }
}
