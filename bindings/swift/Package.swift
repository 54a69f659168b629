// swift-tools-version: 6.0
import PackageDescription

// On Apple platforms the C module and the Rust library come out of an XCFramework, which xcframework.sh builds on a
// Mac. On Linux, where the tests run, they are a module map and the library in cargo's target folder; test.sh says
// where that is, since a manifest must not hold unsafe flags.
#if os(Linux)
    let rust: Target = .systemLibrary(name: "pushbridge_ffiFFI", path: "Sources/pushbridge_ffiFFI")
    let link: [LinkerSetting] = [.linkedLibrary("pushbridge_ffi")]
    // Server and emulator as processes of a test, and a phone that the tests kill. Not for Apple: phones start no
    // processes, and a package's program would show up in every app's list of schemes.
    let testing: [Product] = [.library(name: "PushbridgeTesting", targets: ["PushbridgeTesting"])]
    let tests: [Target] = [
        .target(name: "PushbridgeTesting", path: "Tests/PushbridgeTesting"),
        .executableTarget(name: "KilledPhone", dependencies: ["Pushbridge"], path: "Tests/KilledPhone"),
        .testTarget(name: "PushbridgeTests", dependencies: ["Pushbridge", "PushbridgeFFI", "PushbridgeTesting"]),
    ]
#else
    let rust: Target = .binaryTarget(name: "pushbridge_ffiFFI", path: "PushbridgeFFI.xcframework")
    // The phone's own SQLite: a second one in the app would export the same symbols.
    let link: [LinkerSetting] = [.linkedLibrary("sqlite3")]
    let testing: [Product] = []
    let tests: [Target] = []
#endif

let package = Package(
    name: "Pushbridge",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "Pushbridge", targets: ["Pushbridge"])] + testing,
    targets: [
        rust,
        .target(name: "PushbridgeFFI", dependencies: ["pushbridge_ffiFFI"], linkerSettings: link),
        .target(name: "Pushbridge", dependencies: ["PushbridgeFFI"]),
    ] + tests,
    swiftLanguageModes: [.v6]
)
