internal import ArgumentParser
internal import Tenancy

/// A time on the command line; a date alone means its first moment in UTC.
struct InstantWord: ExpressibleByArgument {
    let instant: Timestamp

    init?(argument: String) {
        guard let instant = Timestamp(rfc3339: argument) ?? Timestamp(rfc3339: argument + "T00:00:00Z") else {
            return nil
        }
        self.instant = instant
    }
}
