/// The steps of making a database for the stock, in order. Each can be repeated.
public enum WarmStep: String, Sendable, CaseIterable {
    /// The row exists.
    case reserve
    /// The database exists; its row does not say so yet.
    case make
}
