import TenancyTesting
import Testing

@testable import UnifyApp

/// The bounds of docs/limits.md on metrics and readiness.
@Suite(.tags(.proof)) struct OperationsBoundTests {
    @Test func seriesOfMetrics() {
        let metrics = PrometheusMetrics()
        for number in 1...2001 { _ = metrics.makeCounter(label: "test_\(number)_total", dimensions: []) }
        let lines = metrics.exposition().split(separator: "\n")
        #expect(lines.contains("test_2000_total 0"))
        #expect(!lines.contains("test_2001_total 0"))
        // One line for the type and one for the value.
        #expect(lines.count == 4000)
    }

    @Test func bucketsOfADuration() {
        let bounds = PrometheusMetrics.buckets
        #expect(bounds == [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
        let histogram = PrometheusHistogram(bounds: bounds)
        for nanoseconds in [1_000_000, 1_000_001, 10_000_000_000, 10_000_000_001] as [Int64] {
            histogram.recordNanoseconds(nanoseconds)
        }
        let values = histogram.values
        #expect(values.cumulative == [1] + Array(repeating: 2, count: 11) + [3, 4])
        #expect(values.count == 4)
    }

    /// FaultTests/DiskBoundTests.swift has a disk with just so much left.
    @Test func freeDisk() {
        #expect(Readiness.minimumFreeBytes == 50 * 1_048_576)
    }
}
