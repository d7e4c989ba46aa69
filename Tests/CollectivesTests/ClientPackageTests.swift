import Foundation
import TestSupport
import Testing

/// A package elsewhere that takes Collectives by its path: with targets and files of names that photoz has, and with
/// Foundation, whose names are many.
@Suite(.serialized) struct ClientPackageTests {
    private static let manifest = """
        // swift-tools-version: 6.2
        import PackageDescription

        let collectives = Target.Dependency.product(name: "Collectives", package: "Collectives")
        let package = Package(
            name: "client",
            dependencies: [.package(path: "\(Repository.root)/Packages/Collectives")],
            targets: [
                .target(name: "Metrics", dependencies: [collectives]),
                .target(name: "Report", dependencies: ["Metrics"]),
                .executableTarget(
                    name: "Job",
                    dependencies: ["Report", collectives, .product(name: "CMPI", package: "Collectives")]),
                .executableTarget(name: "Throwing", dependencies: [collectives]),
                .executableTarget(name: "ThrowingLater", dependencies: [collectives]),
            ])
        """

    private static let metrics = """
        import Collectives
        import Foundation

        extension Float16: @retroactive MPINumber {}

        public final class Mean: Operation, @unchecked Sendable {
            private let values: [Double]
            public private(set) var result = 0.0

            public init(_ values: [Double]) { self.values = values }

            public override func main() { result = values.reduce(0, +) / Double(values.count) }
        }

        public func total(_ values: [Float16], on world: Communicator) throws -> [Float16] {
            try world.allReduce(values, .sum)
        }
        """

    private static let report = """
        import Foundation
        import Metrics

        public func report(_ mean: Mean) -> String { String(format: "mean %.2f", mean.result) }
        """

    private static let job = """
        import CMPI
        import Collectives
        import Foundation
        import Metrics
        import Report

        @main
        enum Job {
            static func main() {
                MPI.run { world in
                    let mean = Mean(try world.allGather(Double(world.rank)))
                    OperationQueue().addOperations([mean], waitUntilFinished: true)
                    let halves = try total([Float16(world.rank), 0.5], on: world)
                    let size = try world.withMPIComm { handle in
                        var size: Int32 = 0
                        MPI_Comm_size(handle, &size)
                        return size
                    }
                    if world.rank == 0 { print("\\(report(mean)) of \\(size) ranks, \\(halves)") }
                }
            }
        }
        """

    /// Nobody catches what this one throws.
    private static let throwing = """
        import Collectives

        struct Missing: Error { let file: String }

        let world = try MPI.start()
        if world.rank == 1 { throw Missing(file: "x.h5") }
        try world.barrier()
        try MPI.finish()
        """

    private static let throwingLater = """
        import Collectives

        enum Fault: Error { case late(Int) }

        @main
        enum ThrowingLater {
            static func main() async throws {
                let world = try MPI.start()
                await Task.yield()
                if world.rank == 0 { throw Fault.late(3) }
                try world.barrier()
                try MPI.finish()
            }
        }
        """

    private func write() throws -> String {
        let folder = try TemporaryFolder()
        let files = [
            "Package.swift": Self.manifest, "Sources/Metrics/Operation.swift": Self.metrics,
            "Sources/Report/Report.swift": Self.report, "Sources/Job/Operation.swift": Self.job,
            "Sources/Throwing/main.swift": Self.throwing,
            "Sources/ThrowingLater/ThrowingLater.swift": Self.throwingLater,
        ]
        for (name, text) in files {
            let file = URL(fileURLWithPath: folder.file(name))
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        return folder.path
    }

    /// SwiftPM in the client's folder, with nothing of the user's.
    private func swift(_ tool: String, _ command: [String] = [], in folder: String) async throws -> Outcome {
        try await Launch.run(
            "swift", [tool, "--package-path", folder, "--cache-path", folder + "/cache"] + command, limit: 180)
    }

    @Test func buildsBesideAnyNamesAndResolvesNothingElse() async throws {
        let folder = try write()
        let build = try await swift("build", in: folder)
        try #require(build.exitCode == 0, "\(build.report)")
        #expect(!build.output.contains("warning: "), "\(build.report)")

        let dependencies = try await swift("package", ["show-dependencies", "--format", "flatlist"], in: folder)
        #expect(dependencies.output == "collectives\n", "\(dependencies.report)")

        let job = try await Launch.mpirun(ranks: 2, folder + "/.build/debug/Job", [], limit: 30)
        #expect(job.output == "mean 0.50 of 2 ranks, [1.0, 1.0]\n", "\(job.report)")

        for (program, line) in [
            ("Throwing", #"error on rank 1 of 2 \(\S+\): Missing\(file: "x.h5"\)\n"#),
            ("ThrowingLater", #"error on rank 0 of 2 \(\S+\): late\(3\)\n"#),
        ] {
            let ended = try await Launch.mpirun(ranks: 2, folder + "/.build/debug/" + program, [], limit: 30)
            #expect(ended.exitCode == 1, "\(ended.report)")
            #expect(ended.error.range(of: line, options: .regularExpression) != nil, "\(ended.report)")
            #expect(!ended.error.contains("Fatal error"), "\(ended.report)")
        }
    }
}
