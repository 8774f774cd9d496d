internal import Foundation
package import Synchronization

#if THREAD_SANITIZER
    /// A value behind a lock that the thread sanitizer can follow. It cannot follow `Mutex`, which waits in the
    /// kernel directly.
    package struct Lock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
        // The mutex orders every access to the value.
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        private let value: UnsafeMutablePointer<Value>

        package init(_ value: consuming sending Value) {
            mutex = .allocate(capacity: 1)
            mutex.initialize(to: pthread_mutex_t())
            pthread_mutex_init(mutex, nil)
            self.value = .allocate(capacity: 1)
            self.value.initialize(to: value)
        }

        deinit {
            pthread_mutex_destroy(mutex)
            mutex.deallocate()
            value.deinitialize(count: 1)
            value.deallocate()
        }

        package borrowing func withLock<Result: ~Copyable, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            return try body(&value.pointee)
        }

        package borrowing func withLockIfAvailable<Result: ~Copyable, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result? {
            guard pthread_mutex_trylock(mutex) == 0 else { return nil }
            defer { pthread_mutex_unlock(mutex) }
            return try body(&value.pointee)
        }
    }

    /// Tells the sanitizer that one thread's work before a handover precedes the next thread's work.
    ///
    /// The runtime orders a continuation's resumption and what follows it, but not always by means that the sanitizer
    /// sees.
    final class Handover: Sendable {
        private let lock = Lock(())
        func pass() { lock.withLock { _ in } }
    }
#else
    /// A value behind a lock.
    package typealias Lock = Mutex

    struct Handover {
        func pass() {}
    }
#endif
