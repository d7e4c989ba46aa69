// swift-tools-version: 6.2

import PackageDescription

/// MPI in Swift is a package of its own, which others can use without this one.
let collectives = Target.Dependency.product(name: "Collectives", package: "Collectives")
/// Programs of that package, which its tests start under mpirun.
let collectivesPrograms: [Target.Dependency] = [
    "collectives-check", "collectives-deadline", "collectives-first-program", "collectives-halo-exchange",
    "collectives-histogram", "collectives-master-worker", "collectives-overlap", "collectives-reproducible-sum",
    "collectives-tasks", "collectives-word-count",
].map { .product(name: $0, package: "Collectives") }

let package = Package(
    name: "photoz",
    products: [
        .executable(name: "photoz", targets: ["photoz"]),
        .library(name: "HDF5", targets: ["HDF5"]),
        .library(name: "AstroMAE", targets: ["AstroMAE"]),
        .library(name: "Survey", targets: ["Survey"]),
        .library(name: "PhotozMetrics", targets: ["PhotozMetrics"]),
        .library(name: "MockSurvey", targets: ["MockSurvey"]),
        .library(name: "Interchange", targets: ["Interchange"]),
    ],
    dependencies: [
        .package(path: "Packages/Collectives"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        // C: the headers of HDF5 and others as Clang modules, and the arithmetic.
        .systemLibrary(
            name: "CHDF5", path: "CModules/CHDF5", pkgConfig: "hdf5-serial", providers: [.apt(["libhdf5-dev"])]),
        .systemLibrary(name: "CPhotozZlib", path: "CModules/CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CPhotozCrypto", path: "CModules/CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CKernels", path: "CModules/CKernels"),

        // Swift: arrows go down only (Documentation.docc/Architecture.md). What is no product has a name that no other
        // package has: two packages with a target of one name cannot be used together.
        .target(name: "HDF5", dependencies: ["CHDF5", "PhotozCheckedSizes", "PhotozExitCodes"]),
        .target(name: "AstroMAE", dependencies: ["CKernels", "HDF5", "PhotozCheckedSizes", "PhotozExitCodes"]),
        .target(name: "Survey", dependencies: ["HDF5", "PhotozExitCodes", "PhotozText"]),
        .target(
            name: "Interchange", dependencies: ["CPhotozZlib", "PhotozCheckedSizes", "PhotozExitCodes"]),
        .target(
            name: "MockSurvey", dependencies: ["PhotozElementary", "PhotozExitCodes"],
            resources: [.embedInCode("population.json")]),
        .target(name: "PhotozElementary", path: "Sources/Elementary"),
        .target(name: "PhotozDistributions", dependencies: ["PhotozElementary"], path: "Sources/Distributions"),
        .target(name: "PhotozMetrics", dependencies: ["PhotozElementary"], path: "Sources/Metrics"),
        .target(name: "PhotozExitCodes", path: "Sources/ExitCodes"),
        .target(name: "PhotozDigest", dependencies: ["CPhotozCrypto"], path: "Sources/Digest"),
        .target(name: "PhotozText", path: "Sources/Text"),
        .target(name: "PhotozCheckedSizes", path: "Sources/CheckedSizes"),
        .target(name: "PhotozCosts", path: "Sources/Costs"),
        .target(
            name: "PhotozRecords", dependencies: ["CPhotozZlib", "PhotozExitCodes", "PhotozText"],
            path: "Sources/Records"),
        .target(
            name: "PhotozMachine",
            dependencies: [
                "AstroMAE", collectives, "HDF5", "PhotozDigest", "PhotozExitCodes", "PhotozRecords", "PhotozText",
                "Survey",
            ],
            path: "Sources/Machine"),
        .target(
            name: "PhotozJob",
            dependencies: [
                "AstroMAE", collectives, "HDF5", "PhotozCosts", "PhotozDigest", "PhotozDistributions",
                "PhotozExitCodes",
                "PhotozMachine", "PhotozMetrics", "PhotozRecords", "PhotozText", "Survey",
            ],
            path: "Sources/Job"),
        .target(
            name: "PhotozPreparation",
            dependencies: [
                "AstroMAE", collectives, "HDF5", "Interchange", "MockSurvey", "PhotozCheckedSizes",
                "PhotozExitCodes", "PhotozMachine", "PhotozText", "Survey",
            ],
            path: "Sources/Preparation"),
        .target(
            name: "PhotozDiagnosis",
            dependencies: ["AstroMAE", collectives, "HDF5", "PhotozMachine"], path: "Sources/Diagnosis"),
        .target(
            name: "PhotozReport",
            dependencies: [
                "CPhotozZlib", "HDF5", "PhotozCosts", "PhotozExitCodes", "PhotozRecords", "PhotozText", "Survey",
            ],
            path: "Sources/Report"),
        .target(
            name: "PhotozTomography",
            dependencies: [
                collectives, "HDF5", "PhotozDistributions", "PhotozElementary", "PhotozMachine", "PhotozMetrics",
                "PhotozRecords", "PhotozText", "Survey",
            ],
            path: "Sources/Tomography"),
        .target(
            name: "PhotozSweep",
            dependencies: [
                "PhotozExitCodes", "PhotozRecords", "PhotozText",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            path: "Sources/Sweep"),
        .executableTarget(
            name: "photoz",
            dependencies: [
                "AstroMAE", "HDF5", "PhotozCosts", "PhotozDiagnosis", "PhotozDistributions", "PhotozExitCodes",
                "PhotozJob", "PhotozMachine", "PhotozPreparation", "PhotozRecords", "PhotozReport", "PhotozSweep",
                "PhotozText", "PhotozTomography", "Survey",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // Tests. Those that need MPI start mpirun on an executable: the test process itself never starts MPI.
        .target(
            name: "TestSupport",
            dependencies: [.product(name: "Subprocess", package: "swift-subprocess")],
            path: "Tests/TestSupport"),
        .executableTarget(
            name: "write-check",
            dependencies: [collectives, "HDF5", "PhotozDistributions", "PhotozJob", "PhotozMachine", "Survey"],
            path: "Tests/WriteCheck"),
        .testTarget(name: "CollectivesTests", dependencies: ["TestSupport"] + collectivesPrograms),
        .testTarget(name: "HDF5Tests", dependencies: ["HDF5", "TestSupport"]),
        .testTarget(name: "KernelTests", dependencies: ["CKernels", "TestSupport"]),
        .testTarget(name: "AstroMAETests", dependencies: ["AstroMAE", "HDF5", "TestSupport"]),
        .testTarget(name: "SurveyTests", dependencies: ["HDF5", "Survey", "TestSupport"]),
        .testTarget(name: "MockSurveyTests", dependencies: ["HDF5", "MockSurvey", "PhotozElementary", "TestSupport"]),
        .testTarget(name: "DistributionsTests", dependencies: ["PhotozDistributions", "TestSupport"]),
        .testTarget(name: "DigestTests", dependencies: ["PhotozDigest"]),
        .testTarget(name: "MetricsTests", dependencies: ["PhotozMetrics"]),
        .testTarget(name: "InterchangeTests", dependencies: ["Interchange", "PhotozCheckedSizes", "TestSupport"]),
        .testTarget(name: "RecordsTests", dependencies: ["PhotozRecords", "TestSupport"]),
        .testTarget(name: "JobTests", dependencies: ["PhotozJob", "PhotozMachine", "Survey", "TestSupport"]),
        .testTarget(name: "DiagnosisTests", dependencies: ["AstroMAE", "PhotozDiagnosis", "PhotozMachine"]),
        .testTarget(
            name: "CommandTests",
            dependencies: ["CHDF5", "HDF5", "PhotozDigest", "PhotozRecords", "TestSupport", "photoz", "write-check"]),
        .testTarget(
            name: "ClusterTests", dependencies: ["TestSupport", "photoz"], exclude: ["hosts.sh", "container.sh"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)

// Fuzzers, which need their own way of compiling all that they use: launch/fuzz builds and runs them.
if Context.environment["PHOTOZ_FUZZERS"] != nil {
    let fuzzers: [(name: String, reads: [Target.Dependency])] = [
        ("JournalFuzzer", ["PhotozRecords"]), ("NumPyFuzzer", []), ("PayloadFuzzer", ["PhotozRecords"]),
        ("PickleFuzzer", []),
        ("ResultsFuzzer", ["HDF5", "PhotozCosts", "PhotozReport"]), ("ZipFuzzer", []),
    ]
    package.targets.append(
        .target(name: "FuzzerSupport", dependencies: ["Interchange"], path: "Tests/Fuzzers/Support"))
    package.targets += fuzzers.map { fuzzer in
        .executableTarget(
            name: fuzzer.name, dependencies: ["FuzzerSupport"] + fuzzer.reads, path: "Tests/Fuzzers",
            exclude: ["Corpus", "Support"] + fuzzers.map { $0.name + ".swift" }.filter { $0 != fuzzer.name + ".swift" })
    }
}
