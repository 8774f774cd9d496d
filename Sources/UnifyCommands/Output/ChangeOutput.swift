/// What a command that changes something says when it has ended: one sentence for people, or JSON.
struct ChangeOutput: Encodable {
    /// False where everything was as wished already, and nothing was written.
    let changed: Bool
    let message: String
    var user: UserOutput?

    func print(_ output: OutputOptions) throws { try output.print(self) { [message] } }
}
