// swift-tools-version: 6.2

import PackageDescription

// A package of its own: whoever uses it alone resolves nothing else, and meets none of the names of photoz.
let package = Package(
    name: "Collectives",
    products: [
        .library(name: "Collectives", targets: ["Collectives"]),
        // What is Codable in messages: it takes Foundation, and the library itself does without.
        .library(name: "CollectivesCodable", targets: ["CollectivesCodable"]),
        .library(name: "CMPI", targets: ["CMPI"]),
        // For the tests, which start it under mpirun.
        .executable(name: "collectives-check", targets: ["collectives-check"]),
    ],
    targets: [
        .systemLibrary(
            name: "CMPI", path: "CModules/CMPI", pkgConfig: Context.environment["PHOTOZ_MPI"] ?? "ompi-c",
            providers: [.apt(["libopenmpi-dev"])]),
        .target(name: "Collectives", dependencies: ["CMPI"]),
        .target(name: "CollectivesCodable", dependencies: ["Collectives"]),
        .executableTarget(
            name: "collectives-check", dependencies: ["Collectives", "CollectivesCodable"],
            path: "Tests/CollectivesCheck"),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)
