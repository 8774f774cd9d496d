internal import Synchronization

/// The handlers that this process has.
final class JobRegistry: Sendable {
    private let handlers = Lock<[JobKind: any JobHandler]>([:])

    func register(_ handler: any JobHandler) {
        handlers.withLock { handlers in
            precondition(handlers[handler.kind] == nil, "two handlers for jobs of kind \(handler.kind)")
            handlers[handler.kind] = handler
        }
    }

    subscript(kind: JobKind) -> (any JobHandler)? { handlers.withLock { $0[kind] } }

    var all: [any JobHandler] { handlers.withLock { $0.values.sorted { $0.kind.rawValue < $1.kind.rawValue } } }
}
