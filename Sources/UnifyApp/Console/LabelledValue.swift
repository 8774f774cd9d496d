/// A labelled value on a page.
struct LabelledValue {
    let name: String
    let value: String
}
