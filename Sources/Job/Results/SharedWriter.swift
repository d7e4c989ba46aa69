import Collectives
import Glibc
import PhotozMachine

/// Bytes at a place of a file.
struct FilePart {
    /// Index into the files that are written.
    let file: Int
    let place: Int
    let bytes: [UInt8]
}

/// Writes files that are there, all ranks together: each its parts, or rank 0 the parts of all. The bytes are the same.
struct SharedWriter {
    /// What a message with the parts of a rank begins with, one for each.
    private struct Head: BitwiseCopyable {
        let file: Int
        let place: Int
        let count: Int
    }

    let way: WriteWay
    /// The same on every rank.
    let paths: [String]
    let world: Communicator

    /// Writes and stores. Every rank calls it.
    ///
    /// - Parameters:
    ///   - steps: How many times this rank has something to write.
    ///   - parts: What it writes then; asked once for each step, in order.
    /// - Throws: On every rank ``JobError``, with code 74 when the disk is full, for instance.
    func write(steps: Int, _ parts: (Int) throws -> [FilePart]) throws {
        switch way {
        case .ranks:
            try world.together {
                guard steps > 0 else { return }
                try withFiles { descriptors in
                    for step in 0..<steps { try write(try parts(step), to: descriptors) }
                }
            }
        case .collect: try collect(steps: steps, parts)
        }
    }

    /// All ranks go from step to step together: none waits longer than a step takes, however much there is to write,
    /// and no messages pile up on rank 0.
    private func collect(steps: Int, _ parts: (Int) throws -> [FilePart]) throws {
        let counts = try world.gather(steps, root: 0)
        let most = try world.allReduce(steps, .max)
        guard let counts else {
            for step in 0..<most {
                try world.barrier()
                guard step < steps else { continue }
                let parts = try parts(step)
                try world.send(
                    parts.map { Head(file: $0.file, place: $0.place, count: $0.bytes.count) }, to: 0)
                try world.send(parts.flatMap(\.bytes), to: 0)
            }
            return try world.together {}
        }
        try withFiles { descriptors in
            for step in 0..<most {
                try world.barrier()
                if step < steps { try write(try parts(step), to: descriptors) }
                for rank in 1..<max(world.size, 1) where step < counts[rank] {
                    try write(try receive(from: rank), to: descriptors)
                }
            }
        }
        try world.together {}
    }

    private func receive(from rank: Int) throws -> [FilePart] {
        let heads = try world.receiveArray(of: Head.self, from: rank)
        let bytes = try world.receiveArray(of: UInt8.self, from: rank)
        guard bytes.count == heads.reduce(0, { $0 + $1.count }) else {
            throw JobError(.unexpected, "rank \(rank) sent other predictions than it said; this is a bug of photoz")
        }
        var next = 0
        return heads.map { head in
            defer { next += head.count }
            return FilePart(file: head.file, place: head.place, bytes: Array(bytes[next..<next + head.count]))
        }
    }

    // MARK: This rank's own files

    /// Opens the files, and in the end stores and closes them.
    private func withFiles(_ body: ([Int32]) throws -> Void) throws {
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        for path in paths {
            let descriptor = open(path, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw systemFailure("\(path): cannot be opened") }
            descriptors.append(descriptor)
        }
        try body(descriptors)
        for (descriptor, path) in zip(descriptors, paths) { try synchronise(descriptor, path) }
        // A network file system may say only now that something was not stored.
        while let descriptor = descriptors.popLast() {
            guard close(descriptor) == 0 else { throw systemFailure("\(paths[descriptors.count]): cannot be stored") }
        }
    }

    private func write(_ parts: [FilePart], to descriptors: [Int32]) throws {
        for part in parts {
            try writeAll(part.bytes, at: part.place, to: descriptors[part.file], paths[part.file])
        }
    }
}
