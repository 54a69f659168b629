// swift-tools-version: 6.0
import PackageDescription

// Everything of the app that needs no UIKit: the model and its clients. The app's targets are in project.yml.
// The tests run on Linux, where the package beside this one brings the real server and emulator along.
#if os(Linux)
    let tests: [Target] = [
        .testTarget(
            name: "ShopCoreTests",
            dependencies: ["ShopCore", .product(name: "PushbridgeTesting", package: "Pushbridge")])
    ]
#else
    let tests: [Target] = []
#endif

let package = Package(
    name: "Shop",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "ShopCore", targets: ["ShopCore"])],
    dependencies: [.package(name: "Pushbridge", path: "../bindings/swift")],
    targets: [
        .target(name: "ShopCore", dependencies: [.product(name: "Pushbridge", package: "Pushbridge")])
    ] + tests,
    swiftLanguageModes: [.v6]
)
