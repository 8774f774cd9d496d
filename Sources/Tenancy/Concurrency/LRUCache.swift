/// A dictionary that tracks which key was used longest ago.
///
/// Every operation costs one hash look-up and constant work. The cache never evicts by itself: its owner calls
/// ``popOldest()`` when its own bound is reached.
package struct LRUCache<Key: Hashable, Value> {
    fileprivate struct Node {
        var key: Key
        var value: Value?
        var previous: Int
        var next: Int
    }

    private static var none: Int { -1 }
    private var nodes: [Node] = []
    private var indexByKey: [Key: Int] = [:]
    private var freeIndices: [Int] = []
    private var oldest = -1
    private var newest = -1

    package init() {}

    package var count: Int { indexByKey.count }
    package var isEmpty: Bool { indexByKey.isEmpty }

    /// The keys, least recently used first.
    package var keys: [Key] {
        var keys: [Key] = []
        var index = oldest
        while index != Self.none {
            keys.append(nodes[index].key)
            index = nodes[index].next
        }
        return keys
    }

    /// The least recently used key.
    package var oldestKey: Key? { oldest == Self.none ? nil : nodes[oldest].key }

    /// The value; does not count as a use.
    package func peek(_ key: Key) -> Value? { indexByKey[key].flatMap { nodes[$0].value } }

    /// The value; marks the key as most recently used.
    package mutating func use(_ key: Key) -> Value? {
        // A key used repeatedly needs no hash look-up.
        if newest != Self.none, nodes[newest].key == key { return nodes[newest].value }
        guard let index = indexByKey[key] else { return nil }
        if index != newest {
            unlink(index)
            append(index)
        }
        return nodes[index].value
    }

    /// Sets the value; marks the key as most recently used.
    package mutating func set(_ value: Value, for key: Key) {
        if let index = indexByKey[key] {
            nodes[index].value = value
            unlink(index)
            append(index)
            return
        }
        let node = Node(key: key, value: value, previous: Self.none, next: Self.none)
        let index: Int
        if let free = freeIndices.popLast() {
            nodes[free] = node
            index = free
        } else {
            nodes.append(node)
            index = nodes.count - 1
        }
        indexByKey[key] = index
        append(index)
    }

    @discardableResult
    package mutating func remove(_ key: Key) -> Value? {
        guard let index = indexByKey.removeValue(forKey: key) else { return nil }
        unlink(index)
        freeIndices.append(index)
        let value = nodes[index].value
        nodes[index].value = nil
        return value
    }

    /// Removes and returns the least recently used entry.
    package mutating func popOldest() -> (key: Key, value: Value)? {
        guard oldest != Self.none else { return nil }
        let key = nodes[oldest].key
        return remove(key).map { (key, $0) }
    }

    package mutating func removeAll() { self = LRUCache() }

    private mutating func unlink(_ index: Int) {
        let (previous, next) = (nodes[index].previous, nodes[index].next)
        if previous == Self.none { oldest = next } else { nodes[previous].next = next }
        if next == Self.none { newest = previous } else { nodes[next].previous = previous }
    }

    private mutating func append(_ index: Int) {
        nodes[index].previous = newest
        nodes[index].next = Self.none
        if newest == Self.none { oldest = index } else { nodes[newest].next = index }
        newest = index
    }
}

extension LRUCache.Node: Sendable where Key: Sendable, Value: Sendable {}
extension LRUCache: Sendable where Key: Sendable, Value: Sendable {}
