internal import ArgumentParser
internal import Tenancy

/// How to encrypt, on the command line.
struct TLSWord: ExpressibleByArgument {
    let options: TLSOptions

    init(options: TLSOptions) { self.options = options }

    init?(argument: String) {
        guard let options = TLSOptions(argument) else { return nil }
        self.init(options: options)
    }
}
