// swift-tools-version: 6.2
import PackageDescription

var settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

if Context.environment["WARNINGS_AS_ERRORS"] != nil {
    settings.append(.treatAllWarnings(as: .error))
}

let package = Package(
    name: "unify",
    products: [
        .library(name: "Tenancy", targets: ["Tenancy"]),
        .library(name: "SQLiteEngine", targets: ["SQLiteEngine"]),
        .library(name: "PostgreSQLEngine", targets: ["PostgreSQLEngine"]),
        .library(name: "MySQLEngine", targets: ["MySQLEngine"]),
        .library(name: "SQLServerEngine", targets: ["SQLServerEngine"]),
        .library(name: "TenancyTesting", targets: ["TenancyTesting"]),
        .executable(name: "unify", targets: ["unify"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
        .systemLibrary(name: "CODBC", pkgConfig: "odbc", providers: [.apt(["unixodbc-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        .target(
            name: "Tenancy",
            dependencies: [
                "CLinux",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .target(name: "CSQLiteBounds", dependencies: ["CSQLite"]),
        .target(
            name: "SQLiteEngine", dependencies: ["Tenancy", "CSQLite", "CSQLiteBounds"], swiftSettings: settings),
        .target(name: "PostgreSQLEngine", dependencies: ["Tenancy", "CPostgreSQL"], swiftSettings: settings),
        .target(name: "MySQLEngine", dependencies: ["Tenancy", "CMariaDB"], swiftSettings: settings),
        .target(name: "SQLServerEngine", dependencies: ["Tenancy", "CODBC"], swiftSettings: settings),
        .target(name: "TenancyTesting", dependencies: ["Tenancy"], swiftSettings: settings),
        .target(
            name: "UnifyApp",
            dependencies: [
                "Tenancy", "CSodium", "CQREncode",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [
                .embedInCode("Resources/common-passwords.txt"),
                .embedInCode("Resources/openapi.yaml"), .embedInCode("Resources/pages"),
                .embedInCode("Resources/assets"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "UnifyCommands",
            dependencies: [
                "Tenancy", "SQLiteEngine", "PostgreSQLEngine", "MySQLEngine", "SQLServerEngine", "UnifyApp",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(name: "unify", dependencies: ["UnifyCommands"], swiftSettings: settings),
        // The README's example of the library; Tests/Snippets keeps the two the same, and runs it.
        .executableTarget(
            name: "library-example", dependencies: ["Tenancy", "SQLiteEngine"], path: "Examples/Library"),
        .testTarget(
            name: "TenancyTests", dependencies: ["Tenancy", "TenancyTesting", "SQLiteEngine"], swiftSettings: settings),
        .testTarget(
            name: "SQLiteEngineTests",
            dependencies: ["Tenancy", "TenancyTesting", "SQLiteEngine", "CSQLite", "CSQLiteBounds"],
            swiftSettings: settings),
        .testTarget(
            name: "PostgreSQLEngineTests",
            dependencies: ["Tenancy", "TenancyTesting", "PostgreSQLEngine", "UnifyTesting"],
            swiftSettings: settings),
        .testTarget(
            name: "MySQLEngineTests", dependencies: ["Tenancy", "TenancyTesting", "MySQLEngine", "UnifyTesting"],
            swiftSettings: settings),
        .testTarget(
            name: "SQLServerEngineTests",
            dependencies: ["Tenancy", "TenancyTesting", "SQLServerEngine", "UnifyTesting"],
            swiftSettings: settings),
        .target(name: "SQLiteFloor", dependencies: ["CSQLite"], path: "Benchmarks/SQLiteFloor"),
        .executableTarget(
            name: "unify-bench",
            dependencies: [
                "Tenancy", "SQLiteEngine", "PostgreSQLEngine", "MySQLEngine", "UnifyApp", "SQLiteFloor", "ServerFloor",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Benchmarks/unify-bench", swiftSettings: settings),
        .target(name: "ServerFloor", dependencies: ["CPostgreSQL", "CMariaDB"], path: "Benchmarks/ServerFloor"),
        .executableTarget(
            name: "hello-bench",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Benchmarks/hello-bench", swiftSettings: settings),
        .target(
            name: "UnifyTesting",
            dependencies: [
                "Tenancy", "TenancyTesting", "SQLiteEngine", "PostgreSQLEngine", "MySQLEngine", "SQLServerEngine",
                "UnifyApp",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Tests/UnifyTesting", swiftSettings: settings),
        .testTarget(
            name: "AppTests", dependencies: ["unify", "UnifyApp", "Tenancy", "TenancyTesting", "UnifyTesting"],
            swiftSettings: settings),
        .testTarget(
            name: "CommandTests",
            dependencies: ["unify", "PostgreSQLEngine", "Tenancy", "TenancyTesting", "UnifyTesting"],
            swiftSettings: settings),
        .testTarget(
            name: "FaultTests", dependencies: ["unify", "UnifyTesting", "Tenancy", "TenancyTesting"],
            swiftSettings: settings),
        .testTarget(
            name: "EngineIntegrationTests",
            dependencies: [
                "Tenancy", "TenancyTesting", "SQLiteEngine", "PostgreSQLEngine", "MySQLEngine", "SQLServerEngine",
                "UnifyApp",
                "UnifyTesting", .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

// The library and its engine for files alone, with their tests: what scripts/sanitize.sh builds for the thread sanitizer
// takes a third of the time of everything.
if Context.environment["LIBRARY_ALONE"] != nil {
    let kept: Set = [
        "CLinux", "CSQLite", "CSQLiteBounds", "Tenancy", "SQLiteEngine", "TenancyTesting", "TenancyTests",
        "SQLiteEngineTests",
    ]
    let used: Set = ["swift-crypto", "swift-collections", "swift-log", "swift-metrics", "swift-service-lifecycle"]
    package.targets.removeAll { !kept.contains($0.name) }
    package.products.removeAll { !kept.contains($0.name) }
    package.dependencies.removeAll { dependency in
        guard case .sourceControl(_, let location, _) = dependency.kind else { return true }
        return !used.contains { location.hasSuffix("/\($0)") }
    }
}
