/// One result of the doctor.
struct Finding: Encodable {
    enum Severity: String, Encodable { case ok, notice, fault }

    let severity: Severity
    /// The check's name, or the code of the fault.
    let code: String
    let detail: String
    /// The command, or the act, that mends it.
    let remedy: String?
    let userID: Int64?

    static func ok(_ code: String, _ detail: String) -> Finding {
        Finding(severity: .ok, code: code, detail: detail, remedy: nil, userID: nil)
    }

    static func notice(_ code: String, _ detail: String, remedy: String) -> Finding {
        Finding(severity: .notice, code: code, detail: detail, remedy: remedy, userID: nil)
    }

    static func fault(_ code: String, _ detail: String, remedy: String, userID: Int64? = nil) -> Finding {
        Finding(severity: .fault, code: code, detail: detail, remedy: remedy, userID: userID)
    }

    var lines: [String] {
        let mark = ["ok": "ok    ", "notice": "notice", "fault": "FAULT "][severity.rawValue] ?? ""
        let subject = userID.map { "user \($0): " } ?? ""
        return ["\(mark) \(code): \(subject)\(detail)"] + (remedy.map { ["       to mend it: \($0)"] } ?? [])
    }
}
