import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import UnifyApp

/// What is said of settings that are wrong, and what is passed over.
@Suite struct SettingFaultTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(
        _ environment: [String: String] = [:], flags: [String: String] = [:], file: String? = nil
    ) throws -> Settings {
        var path: String?
        if let file {
            let written = "\(folder.path)/.env"
            try Data(file.utf8).write(to: URL(fileURLWithPath: written))
            path = written
        }
        let all = ["UNIFY_DATA_DIR": "\(folder.path)/data"].merging(environment) { $1 }
        return try SettingsReader(flags: flags, environment: all, file: path).read(descriptorLimit: 4096)
    }

    private func refusal(
        _ environment: [String: String] = [:], flags: [String: String] = [:], file: String? = nil
    ) -> String {
        do {
            _ = try read(environment, flags: flags, file: file)
            return "nothing is wrong"
        } catch {
            return (error as? TenancyError)?.message ?? "\(error)"
        }
    }

    @Test func everythingThatIsWrongIsToldAtOnce() {
        let text = refusal(
            ["UNIFY_PORT": "many", "UNIFY_POOL_SIZE": "0", "UNIFY_PROT": "1", "MULTI_TENANT_MODE": "perhaps"],
            file: "UNIFY_LOG_LEVEL=loud\nUNIFY_HOST=\"a\n")
        for part in [
            "6 things are wrong",
            "UNIFY_PORT is \"many\" (in the environment). Expected: a whole number from 0 to 65535",
            "UNIFY_POOL_SIZE is \"0\"", "UNIFY_PROT is not known. Did you mean UNIFY_PORT?",
            "MULTI_TENANT_MODE is \"perhaps\"",
            ".env, line 1). Expected: trace, debug, info, notice, warning, error or critical", "line 2 has a quote",
        ] {
            #expect(text.contains(part), "\(part) is not in: \(text)")
        }
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/data"), "a refused start makes nothing")
    }

    @Test(arguments: [
        ("UNIFY_MULTI_TENANT_MODE", "MULTI_TENANT_MODE"), ("MULTITENANT_MODE", "MULTI_TENANT_MODE"),
        ("multi_tenant_mode", "MULTI_TENANT_MODE"), ("MULTI_TENNANT_MODE", "MULTI_TENANT_MODE"),
        ("MULTI_TENANT", "MULTI_TENANT_MODE"), ("UNIFY_MULTITENANT", "MULTI_TENANT_MODE"), ("unify_port", "UNIFY_PORT"),
        ("UNIFY_DATADIR", "UNIFY_DATA_DIR"), ("UNIFY_PORTT", "UNIFY_PORT"), ("UNIFY_DB_URL", "UNIFY_MAIN_DATABASE_URL"),
        ("UNIFY_MASTERKEY_FILE", "UNIFY_MASTER_KEY_FILE"), ("UNIFY_LOGLEVEL", "UNIFY_LOG_LEVEL"),
    ])
    func theNearestNameIsSuggested(name: String, meant: String) {
        #expect(refusal([name: "true"]).contains("The setting \(name) is not known. Did you mean \(meant)?"))
        #expect(refusal(file: "\(name)=true\n").contains("Did you mean \(meant)?"))
    }

    @Test(arguments: [
        ("UNIFY_DEFAULT_ENGINE", "postgres", "postgresql"), ("UNIFY_DEFAULT_ENGINE", "mariadb", "mysql"),
        ("UNIFY_LOG_LEVEL", "warn", "warning"), ("UNIFY_REGISTRATION", "opne", "open"),
        ("UNIFY_DURABILITY", "ful", "full"),
        ("MULTI_TENANT_MODE", "ture", "true"), ("UNIFY_POOL_TIMEOUT", "10s", "10"), ("UNIFY_POOL_TIMEOUT", "2m", "120"),
        ("UNIFY_DELETION_GRACE", "2w", "14"), ("UNIFY_USER_DATABASE_MB", "2GB", "2048"),
    ])
    func theNearestValueIsSuggested(name: String, value: String, meant: String) {
        let text = refusal([name: value])
        #expect(text.contains("\(name) is \"\(value)\"") && text.contains("Did you mean \(meant)?"), "\(text)")
    }

    @Test func unitsAreExplained() {
        #expect(refusal(["UNIFY_STATEMENT_TIMEOUT": "fast"]).contains("a whole number of seconds, without the unit,"))
        #expect(refusal(["UNIFY_DISK_RESERVE_MB": "-1"]).contains("a whole number of MB, without the unit,"))
    }

    @Test func aSecretIsNeverRepeated() {
        let text = refusal(["UNIFY_METRICS_TOKEN": "hunter2", "UNIFY_MAIN_DATABASE_URL": "oracle://hunter2"])
        #expect(text.contains("UNIFY_METRICS_TOKEN") && text.contains("UNIFY_MAIN_DATABASE_URL"))
        #expect(!text.contains("hunter2"))
    }

    @Test func blanksAroundAValueDoNotCount() throws {
        let settings = try read(["UNIFY_PORT": " 5001\r\n", "MULTI_TENANT_MODE": "true\r", "UNIFY_HOST": "  "])
        #expect(settings.port == 5001 && settings.isMultiTenant && settings.host == "127.0.0.1")
    }

    @Test func linesAndQuotesInAValueAreRefused() {
        #expect(refusal(["UNIFY_HOST": "a\nb"]).contains("more than one line"))
        #expect(refusal(["MULTI_TENANT_MODE": "\"true\""]).contains("quotes"))
        #expect(refusal(["UNIFY_DATA_DIR": "'d1'"]).contains("quotes"))
    }

    @Test func whatKubernetesAndDockerAddIsPassedOver() throws {
        let settings = try read([
            "UNIFY_SERVICE_HOST": "10.0.0.7", "UNIFY_SERVICE_PORT": "80", "UNIFY_SERVICE_PORT_HTTP": "80",
            "UNIFY_PORT": "tcp://10.0.0.7:80", "UNIFY_PORT_80_TCP": "tcp://10.0.0.7:80",
            "UNIFY_PORT_80_TCP_PROTO": "tcp",
            "UNIFY_PORT_80_TCP_PORT": "80", "UNIFY_PORT_80_TCP_ADDR": "10.0.0.7", "UNIFY_MAIN_SERVICE_HOST": "fd00::7",
            "UNIFY_MAIN_PORT": "tcp://[fd00::7]:5432", "UNIFY_OPERATIONS_PORT": "tcp://10.0.0.8:9090",
            "UNIFY_NAME": "/web/unify", "UNIFY_ENV_PATH": "/bin",
        ])
        #expect(settings.port == 5000 && settings.operationsPort == nil)
        #expect(settings.serviceLinks.count == 13)
        #expect(refusal(file: "UNIFY_SERVICE_HOST=10.0.0.7\n").contains("UNIFY_SERVICE_HOST is not known"))
        #expect(refusal(["UNIFY_ENV_PATH": "/bin"]).contains("UNIFY_ENV_PATH is not known"))
        #expect(refusal(["UNIFY_PORT": "udp"]).contains("UNIFY_PORT is"))
    }

    @Test func aFlagWinsOverTheEnvironmentAndThatOverTheFile() throws {
        let file = "UNIFY_PORT=1\nUNIFY_HOST=a\nUNIFY_POOL_SIZE=3\n"
        let settings = try read(["UNIFY_PORT": "2", "UNIFY_HOST": "b"], flags: ["UNIFY_PORT": "4"], file: file)
        #expect(settings.port == 4 && settings.host == "b" && settings.pool.poolSize == 3)
        #expect(refusal(["UNIFY_PORT": "2"], flags: ["UNIFY_PORT": "99999"]).contains("(from --port)"))
    }

    @Test func aSecretMayBeInAFileOfItsOwn() throws {
        let path = "\(folder.path)/token"
        try Data("\u{FEFF}a-token-of-metrics\r\n".utf8).write(to: URL(fileURLWithPath: path))
        #expect(chmod(path, 0o600) == 0)
        let settings = try read(["UNIFY_METRICS_TOKEN_FILE": path])
        #expect(settings.metricsToken?.unsafeReveal() == "a-token-of-metrics")
        #expect(
            refusal(["UNIFY_METRICS_TOKEN_FILE": path, "UNIFY_METRICS_TOKEN": "another-token"]).contains("not both"))
        let flag = ["UNIFY_MAIN_DATABASE_URL": "sqlite:\(folder.path)/x.db"]
        #expect(
            try read(["UNIFY_MAIN_DATABASE_URL_FILE": "/nowhere"], flags: flag).mainDatabase.path?.hasSuffix("/x.db")
                == true)
        try Data("one\ntwo\n".utf8).write(to: URL(fileURLWithPath: path))
        #expect(refusal(["UNIFY_METRICS_TOKEN_FILE": path]).contains("one line"))
    }

    @Test func aFileThatIsNoneIsRefused() throws {
        func refusal(of path: String) -> String {
            do {
                _ = try SettingsReader(environment: [:], file: path).read(descriptorLimit: 4096)
                return "nothing is wrong"
            } catch {
                return "\(error)"
            }
        }
        let path = "\(folder.path)/.env"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(refusal(of: path).contains("is a folder"))
        #expect(rmdir(path) == 0 && symlink("nowhere", path) == 0)
        #expect(refusal(of: path).contains("is a link to a file that is not there"))
        #expect(unlink(path) == 0 && mkfifo(path, 0o600) == 0)
        #expect(refusal(of: path).contains("is not a plain file"))
        #expect(unlink(path) == 0)
        try Data(repeating: 0x0A, count: DotEnvText.maxBytes + 1).write(to: URL(fileURLWithPath: path))
        #expect(refusal(of: path).contains("is larger than"))
    }

    @Test func aDataDirectoryThatIsNoneIsRefused() throws {
        try Data().write(to: URL(fileURLWithPath: "\(folder.path)/file"))
        #expect(symlink("nowhere", "\(folder.path)/link") == 0)
        for name in ["file", "file/below", "link"] {
            #expect(refusal(["UNIFY_DATA_DIR": "\(folder.path)/\(name)"]).contains("The folder"))
        }
        let settings = try read(["UNIFY_DATA_DIR": "\(folder.path)/./new//data/"])
        #expect(settings.dataDirectory.hasSuffix("/new/data"))
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/new"))
    }

    @Test(arguments: [
        "", "a b", "a=b", "a;b", "ä", "__Host-x", "__secure-x", String(repeating: "x", count: 65),
        "unify", "unify_undo", "unify_zone", "unify_pending", "unify_link", "app_pending", "app_link", "app_undo",
    ])
    func aNameThatIsNoneForACookieIsRefused(name: String) {
        let text = refusal(["UNIFY_COOKIE_NAME": name])
        #expect(name.isEmpty ? text == "nothing is wrong" : text.contains("UNIFY_COOKIE_NAME is"))
    }
}
