/// The result of a command that changes something: one sentence for people, or JSON.
struct ChangeOutput: Encodable {
    /// False if everything was already as requested, and nothing was written.
    let changed: Bool
    let message: String
    var user: UserOutput?

    func print(_ output: OutputOptions) throws { try output.print(self) { [message] } }
}
