/// The steps of making a database for the stock, in order. Each can be repeated.
public enum WarmStep: String, Sendable, CaseIterable {
    /// The row that says so is there.
    case reserve
    /// The database is there; its row does not say so yet.
    case make
}
