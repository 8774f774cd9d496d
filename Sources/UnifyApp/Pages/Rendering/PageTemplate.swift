/// The templates in `Resources/pages`: pages, and parts that pages share.
enum PageTemplate: String, CaseIterable {
    case layout, problem, input, choice, chart
    case pager
    case auditTable = "audit-table"
    case welcome
    case signIn = "sign-in"
    case signUp = "sign-up"
    case tasks
    case notes
    case month, agenda, event
    case signInCode = "sign-in-code"
    case account, confirm
    case secondFactor = "second-factor"
    case recoveryCodes = "recovery-codes"
    case newPassword = "new-password"
    case passwordLink = "password-link"
    case overview
    case overviewFigures = "overview-figures"
    case databases, database, users, jobs
    case jobTable = "job-table"
    case job
    case jobFigures = "job-figures"
    case pools
    case poolTable = "pool-table"
    case servers, audit
    case settings

    var source: String {
        let bytes =
            switch self {
            case .layout: PackageResources.layout_mustache
            case .problem: PackageResources.problem_mustache
            case .input: PackageResources.input_mustache
            case .choice: PackageResources.choice_mustache
            case .chart: PackageResources.chart_mustache
            case .pager: PackageResources.pager_mustache
            case .auditTable: PackageResources.audit_table_mustache
            case .welcome: PackageResources.welcome_mustache
            case .signIn: PackageResources.sign_in_mustache
            case .signUp: PackageResources.sign_up_mustache
            case .tasks: PackageResources.tasks_mustache
            case .notes: PackageResources.notes_mustache
            case .month: PackageResources.month_mustache
            case .agenda: PackageResources.agenda_mustache
            case .event: PackageResources.event_mustache
            case .account: PackageResources.account_mustache
            case .signInCode: PackageResources.sign_in_code_mustache
            case .secondFactor: PackageResources.second_factor_mustache
            case .recoveryCodes: PackageResources.recovery_codes_mustache
            case .newPassword: PackageResources.new_password_mustache
            case .passwordLink: PackageResources.password_link_mustache
            case .confirm: PackageResources.confirm_mustache
            case .overview: PackageResources.overview_mustache
            case .overviewFigures: PackageResources.overview_figures_mustache
            case .databases: PackageResources.databases_mustache
            case .database: PackageResources.database_mustache
            case .users: PackageResources.users_mustache
            case .jobs: PackageResources.jobs_mustache
            case .jobTable: PackageResources.job_table_mustache
            case .job: PackageResources.job_mustache
            case .jobFigures: PackageResources.job_figures_mustache
            case .pools: PackageResources.pools_mustache
            case .poolTable: PackageResources.pool_table_mustache
            case .servers: PackageResources.servers_mustache
            case .audit: PackageResources.audit_mustache
            case .settings: PackageResources.settings_mustache
            }
        return String(decoding: bytes, as: UTF8.self)
    }
}
