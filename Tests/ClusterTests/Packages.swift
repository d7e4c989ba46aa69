import Foundation
import TestSupport

/// What `launch/package` makes of the program that `launch/test` has built.
struct Packages {
    /// Shared by all tests: making them takes 6 s of a quiet machine.
    static let shared = Task { try await Packages() }

    private let folder: TemporaryFolder
    /// The folder that the tarball was unpacked to, with bin/ and share/ in it.
    let unpacked: String
    let tarball: String
    let deb: String
    /// A line for each package: its SHA-256 and its name.
    let sums: String
    /// What the program says of itself on the first line.
    let version: String

    private init() async throws {
        folder = try TemporaryFolder()
        try await Missing.check(["dpkg-deb", "dpkg-shlibdeps", "python3", "tar"])
        let dist = folder.file("dist")
        sums = try await Self.make(in: dist)
        let names = try FileManager.default.contentsOfDirectory(atPath: dist)
        guard let tarball = names.first(where: { $0.hasSuffix(".tar.gz") }),
            let deb = names.first(where: { $0.hasSuffix(".deb") })
        else { throw Missing(what: "launch/package left \(names) only") }
        (self.tarball, self.deb) = (dist + "/" + tarball, dist + "/" + deb)
        unpacked = folder.file(String(tarball.dropLast(7)))
        _ = try await Self.succeed("tar", ["-C", folder.path, "-xzf", self.tarball])
        let program = unpacked + "/bin/photoz"
        version = String(try await Self.succeed(program, ["--version"]).output.prefix { !$0.isNewline })
    }

    /// Of the family of MPI that all is built with: the `.deb`'s package, the package of its launcher, and the
    /// container's definition.
    static let (name, launcher, definition) =
        Repository.mpi == "mpich"
        ? ("photoz-mpich", "mpich", "launch/photoz-mpich.def") : ("photoz", "openmpi-bin", "launch/photoz.def")

    /// Packs what has been built.
    ///
    /// - Returns: The checksums that it prints.
    static func make(in dist: String) async throws -> String {
        try await succeed(
            Repository.root + "/launch/package", ["--mpi", Repository.mpi, "--skip-build", "--output", dist],
            limit: 120
        ).output
    }

    /// Runs a program that must not fail here.
    static func succeed(_ program: String, _ arguments: [String], limit: Int = 60) async throws -> Outcome {
        let outcome = try await Launch.run(program, arguments, limit: limit)
        guard outcome.exitCode == 0 else { throw Missing(what: "\(program) \(arguments): \(outcome.report)") }
        return outcome
    }
}
