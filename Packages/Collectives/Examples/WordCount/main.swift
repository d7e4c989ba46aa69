import Collectives
import CollectivesCodable
import Glibc

/// What is to be done. A struct with texts is no plain one; being Codable, it goes as JSON.
struct Job: Codable {
    var folder: String
    var texts: [String]
}

/// How often each word is in some texts.
func wordCounts(_ texts: [String]) -> [String: Int] {
    texts.flatMap { $0.split(separator: " ") }.reduce(into: [:]) { $0[String($1), default: 0] += 1 }
}

MPI.run { world in
    // Made before anything can fail.
    let failures = try FirstFailure(on: world.splitByNode())

    // Rank 0 alone knows the job.
    let texts = ["a rose is a rose is a rose", "what is in a name", "no rose without a thorn"]
    let known = world.rank == 0 ? Job(folder: "/nowhere", texts: texts) : nil
    let job = try world.broadcast(encoding: known, root: 0)

    // All ranks of a node find the same. One of them says so.
    if access(job.folder, W_OK) != 0, failures.claim() { print("\(job.folder) cannot be written to") }

    // Each rank counts in its share of the texts, and rank 0 adds up.
    let share = stride(from: world.rank, to: job.texts.count, by: world.size).map { job.texts[$0] }
    var counts = wordCounts(share)
    guard world.rank == 0 else { return try world.send(encoding: counts, to: 0) }
    for rank in 1..<world.size {
        counts.merge(try world.receive(decoding: [String: Int].self, from: rank), uniquingKeysWith: +)
    }
    for (word, count) in counts.sorted(by: { $0.value > $1.value }).prefix(3) { print("\(count) times \(word)") }
}
