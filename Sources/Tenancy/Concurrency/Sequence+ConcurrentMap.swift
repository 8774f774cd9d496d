extension Sequence where Element: Sendable {
    /// Runs the body for each element, at most `limit` at a time.
    /// - Returns: the results, in the order of the elements.
    func concurrentMap<Result: Sendable>(
        upTo limit: Int, _ body: @escaping @Sendable (Element) async -> Result
    ) async -> [Result] {
        await withTaskGroup(of: (index: Int, result: Result).self) { group in
            var waiting = enumerated().makeIterator()
            var results: [(index: Int, result: Result)] = []
            func begin() {
                guard let (index, element) = waiting.next() else { return }
                group.addTask { (index, await body(element)) }
            }
            for _ in 0..<limit { begin() }
            while let result = await group.next() {
                results.append(result)
                begin()
            }
            return results.sorted { $0.index < $1.index }.map(\.result)
        }
    }
}
