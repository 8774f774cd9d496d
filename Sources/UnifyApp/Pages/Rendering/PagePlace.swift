/// A place in the menus.
enum PagePlace: String, CaseIterable {
    case tasks, notes, events, account
    case overview, databases, users, jobs, pools, servers, audit, settings

    var isInConsole: Bool {
        switch self {
        case .tasks, .notes, .events, .account: false
        default: true
        }
    }

    var label: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }

    var path: String {
        switch self {
        case .tasks, .notes, .events, .account: "/\(rawValue)"
        case .overview: "/admin/console"
        default: "/admin/console/\(rawValue)"
        }
    }

    static func links(isAdmin: Bool, at place: PagePlace?) -> [PageView.Link] {
        let own = allCases.filter { !$0.isInConsole }.map {
            PageView.Link(label: $0.label, path: $0.path, isCurrent: $0 == place)
        }
        guard isAdmin else { return own }
        let isThere = place?.isInConsole ?? false
        return own + [PageView.Link(label: "Console", path: PagePlace.overview.path, isCurrent: isThere)]
    }

    static func consoleLinks(at place: PagePlace) -> [PageView.Link] {
        guard place.isInConsole else { return [] }
        return allCases.filter(\.isInConsole).map {
            PageView.Link(label: $0.label, path: $0.path, isCurrent: $0 == place)
        }
    }
}
