public import Testing

extension Tag {
    /// A suite that `make prove` runs longer and with other seeds: it proves isolation or durability.
    @Tag public static var proof: Self
}
