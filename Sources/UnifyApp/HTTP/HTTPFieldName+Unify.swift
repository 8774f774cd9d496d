internal import HTTPTypes

extension HTTPField.Name {
    static let secFetchSite = constant("Sec-Fetch-Site")
    static let xRequestedWith = constant("X-Requested-With")
    static let xRequestID = constant("X-Request-ID")
    static let forwarded = constant("Forwarded")
    static let xForwardedFor = constant("X-Forwarded-For")
    static let xForwardedHost = constant("X-Forwarded-Host")
    static let xForwardedProto = constant("X-Forwarded-Proto")
    static let xRealIP = constant("X-Real-IP")
    static let via = constant("Via")
    static let cfConnectingIP = constant("CF-Connecting-IP")
    static let trueClientIP = constant("True-Client-IP")
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
