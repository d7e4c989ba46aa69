// swift-tools-version: 6.2

import PackageDescription

// The programs of the pages in Sources/Collectives/Collectives.docc; the tests start them under mpirun.
let examples = [
    "collectives-first-program": "FirstProgram", "collectives-master-worker": "MasterWorker",
    "collectives-halo-exchange": "HaloExchange", "collectives-reproducible-sum": "ReproducibleSum",
    "collectives-deadline": "Deadline", "collectives-overlap": "Overlap", "collectives-histogram": "Histogram",
    "collectives-tasks": "Tasks", "collectives-word-count": "WordCount",
]

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
        .target(name: "CCollectives", path: "CModules/CCollectives"),
        .target(name: "Collectives", dependencies: ["CMPI", "CCollectives"]),
        .target(name: "CollectivesCodable", dependencies: ["Collectives"]),
        .executableTarget(
            name: "collectives-check", dependencies: ["Collectives", "CollectivesCodable", "CMPI"],
            path: "Tests/CollectivesCheck"),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)

for (name, folder) in examples.sorted(by: { $0.key < $1.key }) {
    package.products.append(.executable(name: name, targets: [name]))
    let dependencies: [Target.Dependency] = ["Collectives"] + (folder == "WordCount" ? ["CollectivesCodable"] : [])
    package.targets.append(.executableTarget(name: name, dependencies: dependencies, path: "Examples/" + folder))
}
