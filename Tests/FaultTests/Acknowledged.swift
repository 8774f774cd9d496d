/// What a server has said it did.
actor Acknowledged {
    private(set) var all: Set<String> = []

    var count: Int { all.count }

    func add(_ name: String) { all.insert(name) }
}
