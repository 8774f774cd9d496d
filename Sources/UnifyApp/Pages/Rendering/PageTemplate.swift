/// The templates in `Resources/pages`: pages, and parts that pages share.
enum PageTemplate: String, CaseIterable {
    case layout, problem, input, choice
    case welcome, signIn = "sign-in", signUp = "sign-up"
    case tasks
    case notes
    case month, agenda, event
    case account

    var source: String {
        let bytes =
            switch self {
            case .layout: PackageResources.layout_mustache
            case .problem: PackageResources.problem_mustache
            case .input: PackageResources.input_mustache
            case .choice: PackageResources.choice_mustache
            case .welcome: PackageResources.welcome_mustache
            case .signIn: PackageResources.sign_in_mustache
            case .signUp: PackageResources.sign_up_mustache
            case .tasks: PackageResources.tasks_mustache
            case .notes: PackageResources.notes_mustache
            case .month: PackageResources.month_mustache
            case .agenda: PackageResources.agenda_mustache
            case .event: PackageResources.event_mustache
            case .account: PackageResources.account_mustache
            }
        return String(decoding: bytes, as: UTF8.self)
    }
}
