/// A labelled value on a page.
struct Fact {
    let name: String
    let value: String
}
