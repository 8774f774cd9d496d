import Testing

@testable import Tenancy

/// The code of the error that a body throws; nil if it throws none. Any other error is an issue.
func code(_ body: () async throws -> some Any) async -> TenancyError.Code? { await failure(of: body)?.code }

/// The error that a body throws; nil if it throws none. Any other error is an issue.
func failure(of body: () async throws -> some Any) async -> TenancyError? {
    do {
        _ = try await body()
        return nil
    } catch let error as TenancyError {
        return error
    } catch {
        Issue.record(error)
        return nil
    }
}
