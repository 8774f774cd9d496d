/// Counts the tasks that are inside of something at the same time.
package actor Crowd {
    /// How many have come in so far.
    package private(set) var entered = 0
    /// The most that were inside at the same time.
    package private(set) var most = 0
    private var now = 0

    package init() {}

    package func enter() {
        entered += 1
        now += 1
        most = max(most, now)
    }

    package func leave() { now -= 1 }
}
