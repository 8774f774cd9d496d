internal import Tenancy

/// Makes sure that this build refuses data outside a context and another user's data inside one.
struct ContextCheck {
    let manager: MultiTenantDatabaseManager

    func finding() async -> Finding {
        let outside = await code(of: { try await manager.withUserDatabase(.read) { _ in } })
        let other = await code(of: {
            try await manager.withUserContext(1) { try await manager.withUserContext(2) {} }
        })
        guard outside == .noUserContext, other == .contextConflict, DatabaseContext.current == nil else {
            return .fault(
                "wrong_context", "The program does not keep users' contexts apart.",
                remedy: "stop the server, and install a build whose tests pass: make test")
        }
        return .ok("context", "Users' contexts are kept apart.")
    }

    private func code(of body: () async throws -> Void) async -> TenancyError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? TenancyError)?.code
        }
    }
}
