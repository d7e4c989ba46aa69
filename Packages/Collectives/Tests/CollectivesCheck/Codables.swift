import Collectives
import CollectivesCodable

/// Values of any shape in messages.
enum Codables {
    private struct Settings: Codable, Equatable {
        var name: String
        var numbers: [Double]
        var place: [String: Int?]
        var kind: Kind

        enum Kind: Codable, Equatable { case plain, nested(depth: Int, [Kind]) }
    }

    private static func settings(_ rank: Int) -> Settings {
        Settings(
            name: "rank \(rank) \"ü\"\n",
            numbers: [0.1 * Double(rank), -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, 1e300],
            place: ["a": rank, "b": nil, "c": Int.min + rank], kind: .nested(depth: rank, [.plain, .plain]))
    }

    /// One that has no JSON.
    private struct Unwilling: Codable {
        var number = 1
        func encode(to encoder: any Encoder) throws {
            throw EncodingError.invalidValue(number, .init(codingPath: [], debugDescription: "does not like to"))
        }
    }

    static func check(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        for distance in world.distances {
            let (next, previous) = ((rank + distance) % size, (rank + size - distance) % size)
            try world.send(encoding: settings(rank), to: next, tag: 3)
            try world.send(encoding: rank, to: next)
            try world.send(encoding: [Float.nan, 0.1], to: next)
            world.expect(try world.receive(decoding: Int.self, from: previous), previous, "a number")
            let floats = try world.receive(decoding: [Float].self, from: previous)
            world.expect([floats[0].isNaN, floats[1] == 0.1], [true, true], "not a number, and one")
            let received = try world.receive(decoding: Settings.self, from: previous, tag: 3)
            world.expect(received, settings(previous), "settings")
            world.expect(received.numbers[1].sign, .minus, "a zero's sign")
        }
        for root in world.distances {
            let own = rank == root ? settings(root) : nil
            world.expect(try world.broadcast(encoding: own, root: root), settings(root), "settings of rank \(root)")
            let unwilling = rank == root ? Unwilling() : nil
            world.expectError("no JSON", { $0.kind == .misuse && $0.reason.contains("does not like to") }) {
                _ = try world.broadcast(encoding: unwilling, root: root)
            }
            world.expectError("nothing", { $0.kind == .misuse && $0.reason.contains("gives no values") }) {
                _ = try world.broadcast(encoding: Int?.none, root: root)
            }
        }
        try fail(world)
    }

    /// Errors of the values are no errors of MPI, and what comes next is not disturbed.
    private static func fail(_ world: Communicator) throws {
        let (next, previous) = ((world.rank + 1) % world.size, (world.rank + world.size - 1) % world.size)
        var failures: [String] = []
        do { try world.send(encoding: Unwilling(), to: next) } catch is EncodingError { failures.append("encoding") }
        try world.send(encoding: "seven", to: next)
        try world.send(encoding: 8, to: next)
        do { _ = try world.receive(decoding: Int.self, from: previous) } catch is DecodingError {
            failures.append("decoding")
        }
        world.expect(failures, ["encoding", "decoding"], "values that do not fit")
        world.expect(try world.receive(decoding: Int.self, from: previous), 8, "the next one")
    }
}
