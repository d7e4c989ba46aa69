import Foundation
import HDF5
import Testing

extension HDF5Suite {
    /// The other side of `ChildProcess`: nothing in an ordinary run.
    @Suite struct ChildTasks {
        @Test(.enabled(if: ChildProcess.task != nil))
        func perform() throws {
            guard let task = ChildProcess.task, let name = task.first else { return }
            switch name {
            case "mutations": try readMutations(of: task[1], in: task[2], Int(task[3])!..<Int(task[4])!)
            case "full disk": try fillDisk(task[1])
            default: Issue.record("no task \(task)")
            }
        }

        /// Damages a file in many ways and reads what is left of it; the number at work is in the file `number`.
        private func readMutations(of path: String, in folder: String, _ numbers: Range<Int>) throws {
            let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
            // A damaged file must not take the machine's memory either.
            var limit = rlimit(rlim_cur: 4 << 30, rlim_max: 4 << 30)
            setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
            for number in numbers {
                try "\(number)".write(toFile: folder + "/number", atomically: false, encoding: .utf8)
                // A name for each: HDF5 would recognise a file that it has failed to close.
                let mutant = folder + "/\(number).h5"
                try Data(Mutation.apply(number, to: bytes)).write(to: URL(fileURLWithPath: mutant))
                _ = Everything.read(mutant)
                unlink(mutant)
            }
        }

        /// Writes more than the system takes.
        private func fillDisk(_ path: String) throws {
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 1 << 16, rlim_max: 1 << 16)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let file = try File.create(path)
            let numbers = [Double](repeating: 1, count: 1 << 16)
            let dataset = try file.createDataset(
                "numbers", of: Double.self, shape: [1 << 16], storage: .chunked(rows: 1024))
            var errors = 0
            do { try dataset.write(rows: 0..<1 << 16, from: numbers) } catch { errors += 1 }
            do { try file.close() } catch { errors += 1 }
            #expect(errors > 0)
        }
    }
}
