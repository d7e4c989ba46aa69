import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// What a release attaches, and the scripts that make it.
    @Suite(.serialized) struct PackageTests {
        let folder = try! TemporaryFolder()

        @Test func theSameBytesAgain() async throws {
            let packages = try await Packages.shared.value
            #expect(try await Packages.make(in: folder.file("again")) == packages.sums)
            #expect(packages.sums.split(separator: "\n").count == 2, "\(packages.sums)")
        }

        @Test("The program starts where glibc is 2.34, as on RHEL 9")
        func oldestLibrary() async throws {
            try await Missing.check(["objdump"])
            let program = try await Packages.shared.value.unpacked + "/bin/photoz"
            let symbols = try await Packages.succeed("objdump", ["-T", program]).output
            let asked = Set(symbols.matches(of: #/\(GLIBC_2\.(\d+)/#).compactMap { Int($0.1) })
            #expect(asked.max().map { $0 <= 34 } == true, "\(asked.sorted())")
        }

        @Test func theTarballRunsAndHasAllParts() async throws {
            let packages = try await Packages.shared.value
            let plain = try await PlainRun.shared.value
            let program = packages.unpacked + "/bin/photoz"
            // From elsewhere: nothing of the project's folder is found by chance.
            let selftest = try await Launch.run("sh", ["-c", "cd / && exec \"$0\" selftest", program], limit: 120)
            #expect(selftest.exitCode == 0, "\(selftest.report)")
            let output = folder.file("out")
            let outcome = try await Launch.mpirun(
                ranks: 2, program,
                [
                    "run", "--weights", packages.unpacked + "/share/photoz/astromae-mock-sdss.h5", "--data",
                    plain.survey, "--output", output,
                ], limit: 120)
            #expect(outcome.exitCode == 0 && plain.equals(output), "\(outcome.report)")
            for (part, words) in [
                ("bash-completion/completions/photoz", "complete"), ("zsh/site-functions/_photoz", "#compdef photoz"),
                ("fish/vendor_completions.d/photoz.fish", "complete -c 'photoz'"), ("doc/photoz/LICENSE", "Apache"),
                ("doc/photoz/copyright", "HDF5"), ("doc/photoz/CHANGELOG.md", packages.version),
                ("modulefiles/photoz/\(packages.version).lua", "prepend_path(\"PATH\""),
                ("photoz/launch/slurm.sbatch", "#SBATCH"),
            ] {
                let text = try String(contentsOfFile: packages.unpacked + "/share/" + part, encoding: .utf8)
                #expect(text.contains(words), "\(part)")
            }
            let owners = try await Packages.succeed("tar", ["-tvzf", packages.tarball, "--numeric-owner"]).output
            #expect(owners.split(separator: "\n").allSatisfy { $0.contains(" 0/0 ") }, "\(owners)")
        }

        @Test func theManualIsWellFormedAndWhole() async throws {
            try await Missing.check(["mandoc"])
            let packages = try await Packages.shared.value
            let pages = packages.unpacked + "/share/man/man1"
            let names = try FileManager.default.contentsOfDirectory(atPath: pages).sorted()
            let lint = try await Launch.run("mandoc", ["-T", "lint"] + names.map { pages + "/" + $0 }, limit: 30)
            // Pages are looked for among those of the machine.
            let faults = lint.output.split(separator: "\n").filter {
                !$0.contains("referenced manual not found: Xr photoz")
            }
            #expect(faults.isEmpty, "\(faults.joined(separator: "\n"))")
            let help = try await Packages.succeed(packages.unpacked + "/bin/photoz", ["--help"]).output
            // Commands stand in a column of their own.
            let commands = help.split(separator: "\n").compactMap { $0.firstMatch(of: #/^  ([a-z]+) {2,}/#)?.1 }
            #expect(commands.count > 10 && names == (["photoz.1"] + commands.map { "photoz-\($0).1" }).sorted())
            let run = try String(contentsOfFile: pages + "/photoz-run.1", encoding: .utf8)
            for words in [".Nm photoz run", ".It Fl -weights Ar file", ".It Fl -resume"] {
                #expect(run.contains(words), "\(words)")
            }
        }

        @Test func theDebIsCleanAndLeavesNothing() async throws {
            try await Missing.check(["dpkg", "lintian", "dpkg-deb"])
            let packages = try await Packages.shared.value
            let lint = try await Launch.run(
                "lintian", ["--allow-root", "--fail-on", "error,warning", packages.deb], limit: 120)
            #expect(lint.exitCode == 0 && lint.output.isEmpty, "\(lint.report)")
            let depends = try await Packages.succeed("dpkg-deb", ["--field", packages.deb, "Depends"]).output
            for package in ["libc6 (>= ", "libssl3", "zlib1g", Packages.launcher] {
                #expect(depends.contains(package), "\(depends)")
            }
            #expect(!depends.contains("hdf5"), "\(depends)")

            // A system with nothing in it: what dpkg itself keeps there is all that is left.
            let root = folder.file("root")
            for part in ["info", "updates"] {
                try FileManager.default.createDirectory(
                    atPath: root + "/var/lib/dpkg/" + part, withIntermediateDirectories: true)
            }
            try Data().write(to: URL(fileURLWithPath: root + "/var/lib/dpkg/status"))
            let dpkg = ["--root=" + root, "--force-depends", "--log=/dev/null"]
            _ = try await Packages.succeed("dpkg", dpkg + ["--install", packages.deb])
            #expect(FileManager.default.isExecutableFile(atPath: root + "/usr/bin/photoz"))
            _ = try await Packages.succeed("dpkg", dpkg + ["--purge", Packages.name])
            let left = FileManager.default.subpaths(atPath: root)?.filter { !"var/lib/dpkg/".hasPrefix($0) }
            #expect(left?.allSatisfy { $0.hasPrefix("var/lib/dpkg/") } == true, "\(left ?? [])")
        }

        @Test func smokeWithoutSwiftTakesATarball() async throws {
            let packages = try await Packages.shared.value
            let project = folder.file("project")
            // The swift of the PATH is one that cannot start.
            let script = """
                set -e
                mkdir -p "$1/bin" "$1/dist"
                printf '#!/bin/sh\\necho "swift: libxml2.so.2 is missing" >&2\\nexit 127\\n' >"$1/bin/swift"
                chmod +x "$1/bin/swift"
                cp -r "$0/launch" "$1"
                PATH="$1/bin:$PATH"
                "$1/launch/smoke" && exit 1
                cp "$2" "$1/dist"
                "$1/launch/smoke"
                test -s "$1/results/smoke.html"
                """
            let outcome = try await Launch.run(
                "sh", ["-c", script, Repository.root, project, packages.tarball], limit: 120)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let refusal = outcome.error.split(separator: "\n").first ?? ""
            for words in ["libxml2.so.2 is missing", "dist/ holds no tarball", "--install-swift", "swift.org"] {
                #expect(refusal.contains(words), "one line says how to go on: \(refusal)")
            }
            let source = "takes the program from dist/photoz-\(packages.version)"
            #expect(outcome.output.contains(source), "\(outcome.report)")
        }

        @Test func versionsAreTheSameEverywhere() async throws {
            let version = try await Packages.shared.value.version
            for (file, words) in [
                ("Python/src/photoz/__init__.py", "__version__ = \"\(version)\""),
                ("CHANGELOG.md", "\n## \(version) - 2"),
                ("launch/photoz.def", "dist/photoz_\(version)_amd64.deb"),
                ("launch/photoz-mpich.def", "dist/photoz-mpich_\(version)_amd64.deb"),
                ("launch/packaging/package.py", "version(\"\(version)-openmpi4\""),
                ("launch/packaging/photoz.eb", "version = \"\(version)\""),
            ] {
                let text = try String(contentsOfFile: Repository.root + "/" + file, encoding: .utf8)
                #expect(text.contains(words), "\(file)")
            }
        }

        @Test func scriptsAreClean() async throws {
            try await Missing.check(["shellcheck"])
            // All that begin as scripts do, and those that are read in by others or by a batch system.
            let script = """
                cd "$0"
                files=$(grep -lE '^#!/bin/(ba)?sh' launch/* launch/packaging/* .ci/* Tests/*/*.sh 2>/dev/null)
                set -- $files launch/setup.sh
                printf '%s\\n' "$@"
                exec shellcheck "$@"
                """
            let outcome = try await Launch.run("sh", ["-c", script, Repository.root], limit: 60)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let checked = Set(outcome.output.split(separator: "\n").map(String.init))
            for script in [
                "launch/setup.sh", "launch/smoke", "launch/test", "launch/package", "launch/install-swift",
                "launch/portability", "launch/python", "launch/docs", "launch/fuzz", "launch/slurm.sbatch",
                "launch/pbs.sh", ".ci/run", "Tests/ClusterTests/hosts.sh", "Tests/ClusterTests/container.sh",
            ] {
                #expect(checked.contains(script), "\(script) is not among \(checked.sorted())")
            }
        }
    }
}
