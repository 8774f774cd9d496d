/// What a test waited for did not happen in time.
package struct TooLate: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
