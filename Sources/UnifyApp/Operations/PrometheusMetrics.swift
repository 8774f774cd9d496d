public import CoreMetrics
internal import Synchronization
internal import Tenancy

/// A backend of swift-metrics that answers scrapes in Prometheus' text format (version 0.0.4).
public final class PrometheusMetrics: MetricsFactory {
    /// Upper bounds of histogram buckets, in seconds.
    static let buckets: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// The most series; further ones are dropped. Labels come from fixed sets, so this is a safety net.
    static let maxSeries = 2000

    struct SeriesName: Hashable, Sendable {
        let name: String
        let labels: String
    }

    private enum Series: Sendable {
        case counter(PrometheusCounter)
        case gauge(PrometheusGauge)
        case histogram(PrometheusHistogram)
    }

    private let series = Lock<[SeriesName: Series]>([:])

    public init() {}

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        make(label, dimensions) {
            .counter(PrometheusCounter())
        } as: {
            if case .counter(let counter) = $0 { counter } else { nil }
        } ?? PrometheusCounter()
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        make(label, dimensions) {
            .gauge(PrometheusGauge())
        } as: {
            if case .gauge(let gauge) = $0 { gauge } else { nil }
        } ?? PrometheusGauge()
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        make(label, dimensions) {
            .histogram(PrometheusHistogram(bounds: Self.buckets))
        } as: {
            if case .histogram(let histogram) = $0 { histogram } else { nil }
        } ?? PrometheusHistogram(bounds: Self.buckets)
    }

    // Series live as long as the process: Prometheus expects counters not to vanish.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func make<Handler>(
        _ label: String, _ dimensions: [(String, String)], _ make: () -> Series, as cast: (Series) -> Handler?
    ) -> Handler? {
        let name = SeriesName(name: label, labels: Self.labels(dimensions))
        return series.withLock { series in
            if let known = series[name] { return cast(known) }
            guard series.count < Self.maxSeries else { return nil }
            let new = make()
            series[name] = new
            return cast(new)
        }
    }

    private static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions.map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            return "\(name)=\"\(escaped)\""
        }.joined(separator: ",")
    }

    /// The counters of one name: their labels as in ``exposition()``, and their values.
    func counters(named name: String) -> [(labels: String, value: Int64)] {
        series.withLock { series in
            series.compactMap { key, series in
                guard key.name == name, case .counter(let counter) = series else { return nil }
                return (key.labels, counter.value)
            }
        }
    }

    /// All series as text.
    public func exposition() -> String {
        let all = series.withLock { $0 }.sorted { ($0.key.name, $0.key.labels) < ($1.key.name, $1.key.labels) }
        var text = ""
        var lastName = ""
        for (name, series) in all {
            if name.name != lastName {
                text += "# TYPE \(name.name) \(Self.type(of: series))\n"
                lastName = name.name
            }
            write(series, name, to: &text)
        }
        return text
    }

    private static func type(of series: Series) -> String {
        switch series {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }

    private func write(_ series: Series, _ name: SeriesName, to text: inout String) {
        let braces = name.labels.isEmpty ? "" : "{\(name.labels)}"
        switch series {
        case .counter(let counter): text += "\(name.name)\(braces) \(counter.value)\n"
        case .gauge(let gauge): text += "\(name.name)\(braces) \(gauge.value)\n"
        case .histogram(let histogram):
            let values = histogram.values
            let prefix = name.labels.isEmpty ? "" : name.labels + ","
            for (bound, count) in zip(Self.buckets.map { "\($0)" } + ["+Inf"], values.cumulative) {
                text += "\(name.name)_bucket{\(prefix)le=\"\(bound)\"} \(count)\n"
            }
            text += "\(name.name)_sum\(braces) \(values.sum)\n\(name.name)_count\(braces) \(values.count)\n"
        }
    }
}
