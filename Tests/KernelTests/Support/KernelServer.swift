import Foundation
import TestSupport

/// The ways in which the kernels are built into a process of their own.
enum KernelServer: String {
    /// With AddressSanitizer and UndefinedBehaviorSanitizer; the first report ends the process. On x86-64 its last
    /// level is AMX on every processor: by a model of the instructions in plain C, whose loads are watched too.
    case sanitized
    /// For 64-bit Arm, run by an emulator.
    case emulatedArm

    /// The levels of 64-bit Arm, each with a processor that has it and no wider one: the emulator ends a process whose
    /// kernels use what that processor lacks.
    static let armLevels = [
        (name: "NEON", processor: "cortex-a72"), (name: "NEON DOTPROD", processor: "neoverse-n1"),
        (name: "NEON I8MM BF16", processor: "max"),
    ]

    /// The command that starts it but for the level, after building what is not yet built.
    ///
    /// - Parameter processor: What the emulator is to be.
    /// - Throws: `Failure` when a compiler, an emulator or a library is missing.
    func command(processor: String) throws -> [String] {
        switch self {
        case .sanitized: return [try Self.sanitizedBinary.get()]
        case .emulatedArm:
            let emulator = try Self.path(of: "qemu-aarch64", package: "qemu-user")
            return [emulator, "-cpu", processor, "-L", Self.armRoot, try Self.armBinary.get()]
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static let armRoot = "/usr/aarch64-linux-gnu"

    /// Pointers that wrap are left to AddressSanitizer, which sees what is read and written through them, and its
    /// checks are calls: together that is two thirds of the compiler's time (11 s in place of 33 s for avx512.c).
    private static let sanitizedBinary = Result {
        try build(
            .sanitized,
            [
                "-fsanitize=address,undefined", "-fno-sanitize=pointer-overflow", "-fno-sanitize-recover=all",
                "-mllvm", "-asan-instrumentation-with-call-threshold=0", "-fno-omit-frame-pointer",
                "-DCK_AMX_MODEL", "-I", Repository.root + "/Tests/KernelServer",
            ],
            link: ["-fuse-ld=lld"])
    }

    private static let armBinary = Result {
        guard FileManager.default.fileExists(atPath: armRoot + "/include/stdio.h") else {
            throw Failure(description: "no C library for Arm: install libc6-dev-arm64-cross, or run launch/test")
        }
        // The C library's own start files, so that no compiler for Arm with its support library is needed.
        let start = ["crt1.o", "crti.o", "crtn.o"].map { armRoot + "/lib/" + $0 }
        return try build(
            .emulatedArm, ["--target=aarch64-linux-gnu", "-isystem", armRoot + "/include"],
            link: ["-fuse-ld=lld", "-nostdlib", "-L", armRoot + "/lib", "-lc"] + start)
    }

    /// Compiles the kernels and the server with the compiler that comes with Swift, which also builds them for use.
    private static func build(_ server: KernelServer, _ options: [String], link: [String] = []) throws -> String {
        let kernels = Repository.root + "/CModules/CKernels"
        let sources =
            try FileManager.default.contentsOfDirectory(atPath: kernels + "/InstructionSets")
            .filter { $0.hasSuffix(".c") }.sorted().map { kernels + "/InstructionSets/" + $0 }
            + [Repository.root + "/Tests/KernelServer/server.c"]
        let folder = try TemporaryFolder()
        let common =
            ["-std=c17", "-O2", "-gline-tables-only", "-Wall", "-Wextra", "-Wvla", "-Werror"]
            + ["-I", kernels + "/include"] + options
        let clang = try compiler()
        let objects = sources.enumerated().map { index, _ in folder.file("\(index).o") }
        // One process for each source, all at once.
        let compilers = try zip(sources, objects).map { source, object in
            try Process.run(URL(fileURLWithPath: clang), arguments: common + ["-c", source, "-o", object])
        }
        for (process, source) in zip(compilers, sources) { try finish(process, source) }
        let binary = folder.file(server.rawValue)
        let arguments = options + ["-Wno-unused-command-line-argument"] + objects + link + ["-lm", "-o", binary]
        try finish(try Process.run(URL(fileURLWithPath: clang), arguments: arguments), binary)
        return binary
    }

    private static func finish(_ process: Process, _ what: String) throws {
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(what) cannot be built; see above for the compiler's message")
        }
    }

    /// Clang beside the `swift` on the PATH.
    private static func compiler() throws -> String {
        let swift = URL(fileURLWithPath: try path(of: "swift", package: "Swift")).resolvingSymlinksInPath()
        return swift.deletingLastPathComponent().appendingPathComponent("clang").path
    }

    private static func path(of program: String, package: String) throws -> String {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        guard
            let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") })
        else { throw Failure(description: "no \(program) on the PATH: install \(package), or run launch/test") }
        return "\(folder)/\(program)"
    }
}
