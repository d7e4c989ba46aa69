// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "photoz",
    products: [
        .executable(name: "photoz", targets: ["photoz"]),
        .library(name: "Collectives", targets: ["Collectives"]),
        .library(name: "HDF5", targets: ["HDF5"]),
        .library(name: "AstroMAE", targets: ["AstroMAE"]),
        .library(name: "Survey", targets: ["Survey"]),
        .library(name: "Metrics", targets: ["Metrics"]),
        .library(name: "MockSurvey", targets: ["MockSurvey"]),
        .library(name: "Interchange", targets: ["Interchange"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        // C: the headers of MPI and HDF5 as Clang modules, and the arithmetic.
        .systemLibrary(
            name: "CMPI", path: "CModules/CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
        .systemLibrary(
            name: "CHDF5", path: "CModules/CHDF5", pkgConfig: "hdf5-serial", providers: [.apt(["libhdf5-dev"])]),
        .systemLibrary(name: "CZlib", path: "CModules/CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CKernels", path: "CModules/CKernels"),

        // Swift: arrows go down only; design rules stand in the README.
        .target(name: "Collectives", dependencies: ["CMPI"]),
        .target(name: "HDF5", dependencies: ["CHDF5", "CheckedSizes"]),
        .target(name: "AstroMAE", dependencies: ["CKernels", "CheckedSizes", "HDF5"]),
        .target(name: "Survey", dependencies: ["HDF5"]),
        .target(name: "Metrics"),
        .target(name: "CheckedSizes"),
        .target(name: "Costs"),
        .target(name: "Interchange", dependencies: ["CZlib", "CheckedSizes"]),
        .target(name: "Records", dependencies: ["CZlib"]),
        .target(name: "MockSurvey", resources: [.embedInCode("population.json")]),
        .target(
            name: "Job",
            dependencies: [
                "AstroMAE", "CZlib", "CheckedSizes", "Collectives", "Costs", "HDF5", "Interchange", "Metrics",
                "MockSurvey",
                "Records", "Survey",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(name: "Report", dependencies: ["Costs", "HDF5", "Records"]),
        .target(name: "Sweep", dependencies: ["Records", .product(name: "Subprocess", package: "swift-subprocess")]),
        .executableTarget(
            name: "photoz",
            dependencies: [
                "AstroMAE", "Costs", "HDF5", "Job", "Records", "Report", "Survey", "Sweep",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // Tests. Those that need MPI start mpirun on an executable: the test process itself never starts MPI.
        .target(
            name: "TestSupport",
            dependencies: [.product(name: "Subprocess", package: "swift-subprocess")],
            path: "Tests/TestSupport"),
        .executableTarget(
            name: "collectives-check", dependencies: ["Collectives"], path: "Tests/CollectivesCheck"),
        .testTarget(name: "CollectivesTests", dependencies: ["TestSupport", "collectives-check"]),
        .testTarget(name: "HDF5Tests", dependencies: ["HDF5", "TestSupport"]),
        .testTarget(name: "KernelTests", dependencies: ["CKernels", "TestSupport"]),
        .testTarget(name: "AstroMAETests", dependencies: ["AstroMAE", "HDF5", "TestSupport"]),
        .testTarget(name: "SurveyTests", dependencies: ["HDF5", "Survey", "TestSupport"]),
        .testTarget(name: "MockSurveyTests", dependencies: ["HDF5", "MockSurvey", "TestSupport"]),
        .testTarget(name: "MetricsTests", dependencies: ["Metrics"]),
        .testTarget(name: "InterchangeTests", dependencies: ["CheckedSizes", "Interchange", "TestSupport"]),
        .testTarget(name: "RecordsTests", dependencies: ["Records", "TestSupport"]),
        .testTarget(name: "CommandTests", dependencies: ["CHDF5", "HDF5", "TestSupport", "photoz"]),
        .testTarget(
            name: "ClusterTests", dependencies: ["TestSupport", "photoz"], exclude: ["hosts.sh", "container.sh"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)

// Fuzzers, which need their own way of compiling all that they use: launch/fuzz builds and runs them.
if Context.environment["PHOTOZ_FUZZERS"] != nil {
    let fuzzers: [(name: String, reads: [Target.Dependency])] = [
        ("JournalFuzzer", ["Records"]), ("NumPyFuzzer", []), ("PayloadFuzzer", ["Records"]), ("PickleFuzzer", []),
        ("ResultsFuzzer", ["Costs", "HDF5", "Report"]), ("ZipFuzzer", []),
    ]
    package.targets.append(
        .target(name: "FuzzerSupport", dependencies: ["Interchange"], path: "Tests/Fuzzers/Support"))
    package.targets += fuzzers.map { fuzzer in
        .executableTarget(
            name: fuzzer.name, dependencies: ["FuzzerSupport"] + fuzzer.reads, path: "Tests/Fuzzers",
            exclude: ["Corpus", "Support"] + fuzzers.map { $0.name + ".swift" }.filter { $0 != fuzzer.name + ".swift" })
    }
}
