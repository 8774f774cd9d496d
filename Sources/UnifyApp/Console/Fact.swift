/// One line of what a page tells of something.
struct Fact {
    let name: String
    let value: String
}
