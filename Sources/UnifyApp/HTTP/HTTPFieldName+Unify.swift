internal import HTTPTypes

extension HTTPField.Name {
    static let secFetchSite = constant("Sec-Fetch-Site")
    static let xRequestedWith = constant("X-Requested-With")
    static let xRequestID = constant("X-Request-ID")
    static let xForwardedFor = constant("X-Forwarded-For")
    static let permissionsPolicy = constant("Permissions-Policy")
    static let crossOriginResourcePolicy = constant("Cross-Origin-Resource-Policy")
    static let crossOriginOpenerPolicy = constant("Cross-Origin-Opener-Policy")
    static let xAccelBuffering = constant("X-Accel-Buffering")
    static let referrerPolicy = constant("Referrer-Policy")

    private static func constant(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("not a field name: \(text)") }
        return name
    }
}
