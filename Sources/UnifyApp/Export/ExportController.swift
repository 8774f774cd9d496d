internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// The route by which users take everything of theirs along.
struct ExportController: Sendable {
    private static let maxThreads = 4

    private let accounts: Accounts
    private let data: UserData
    private let folder: ExportFolder
    /// Disk that a copy of a database must leave free.
    private let reservedBytes: Int64
    private let time: any TimeSource
    private let turns = ExportTurns()
    private let copying: AdmissionGate
    private let sending: AdmissionGate
    private let threads = WorkerThreads(name: "export", maxThreads: maxThreads, niceness: 10, isApart: true)

    init(
        accounts: Accounts, data: UserData, folder: ExportFolder, limits: ExportLimits, reservedBytes: Int64,
        time: any TimeSource
    ) {
        let refusal = Problem.unavailable("overloaded", "Too many exports at once. Try again.")
        copying = AdmissionGate(limit: limits.copying, refusal: refusal)
        sending = AdmissionGate(limit: limits.sending, refusal: refusal)
        self.accounts = accounts
        self.data = data
        self.folder = folder
        self.reservedBytes = reservedBytes
        self.time = time
    }

    var endpoints: [Endpoint] { [Endpoint(.get, "/api/me/export", .userData, cost: .long, export)] }

    private func export(_ scope: RequestScope) async throws -> Response {
        let session = try scope.requireSession()
        let user = session.owner
        let headers: HTTPFields = [
            .contentType: "application/zip",
            .contentDisposition: "attachment; filename=\"unify-export-\(user.id).zip\"",
        ]
        try scope.finishHead(headers)
        let turn = try turns.begin(session.user.id)
        let slot = try sending.enter()
        // Errors are reported before the answer begins.
        let copy: ExportFolder.Copy? = try await copying.admit { try await self.copy(of: user.id) }
        let export = Export(
            user: user, context: session.context, data: data, copy: copy, threads: threads, date: time.wallNow
        ) { [accounts] in
            try await accounts.current(session) != nil
        }
        let body = ResponseBody { try await export.write(to: &$0) }
        return Response(status: .ok, headers: headers, body: body.holding((turn, slot)))
    }

    private func copy(of userID: UserID) async throws -> ExportFolder.Copy? {
        guard case .perUser(let manager) = data else { return nil }
        let path = folder.newPath()
        let isCopied = try await manager.snapshotUserDatabase(userID, to: path) { [folder, reservedBytes] size in
            FreeDisk.isRoom(for: size, at: folder.dataDirectory, leaving: reservedBytes)
        }
        guard isCopied else { return nil }
        return try await threads.run { [folder] in try folder.open(path) }
    }
}
