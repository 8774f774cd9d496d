public import Tenancy

extension ProvisioningRequest {
    /// Asks for a database that is there already.
    public static func attaching(_ location: DatabaseLocation, tls: TLSOptions? = nil) -> ProvisioningRequest {
        ProvisioningRequest(
            engine: location.engine, host: location.host, port: location.port, name: location.name,
            login: location.login?.name, password: location.login?.password, tls: tls)
    }
}
