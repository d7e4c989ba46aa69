import FoundationEssentials
import Glibc
import PhotozMachine
import PhotozRecords

extension Payload {
    /// What `photoz plan` writes: a plan of the serverless system names its buckets.
    static let ownFile = OwnFile.json(
        "a plan of photoz plan", keys: keys, texts: Dictionary(uniqueKeysWithValues: cloudKeys.map { ($0, "") }))

    /// - Throws: ``JobError`` with code 66 when the file cannot be read, 65 when it is no payload.
    static func read(_ path: String) throws -> Payload {
        do throws(RecordError) {
            guard let root = try JSONNode.read(path) else {
                throw RecordError(.unreadable, file: path, "cannot be read")
            }
            return try Payload(root)
        } catch {
            guard error.kind == .damaged else {
                throw JobError(.inputMissing, "\(error); make it with: photoz plan")
            }
            throw JobError(.badData, "\(error); this is no plan of a run: make one with photoz plan")
        }
    }
}

/// Where a plan's paths lead.
struct PlannedFiles: Codable {
    /// The folder of the partitions.
    let folder: String
    /// Names in it, by rank; `1.pt` has become `1.h5`.
    let names: [[String]]
    let output: String

    /// - Throws: ``JobError`` with code 66 for a file that is not there, 65 for one that stands in the plan twice.
    init(_ payload: Payload, at path: String) throws {
        let base = URL(filePath: path).deletingLastPathComponent().path
        folder = Self.join(base, payload.dataPrefix)
        output = Self.join(base, payload.resultPath)
        let folder = folder
        names = try payload.files.map { try $0.map { try Self.found($0, in: folder, plan: path) } }
        try Self.requireOneFolder(zip(payload.files.joined(), names.joined()), plan: path)
        var seen: Set<String> = []
        for name in names.joined() where !seen.insert(name).inserted {
            throw JobError(.badData, "\(path): \(name) stands in data_map twice; its galaxies would count twice")
        }
    }

    /// What was left out of names, because the files are not under them, must be one prefix: the files of two folders
    /// would be read from one.
    private static func requireOneFolder(_ files: some Sequence<(String, String)>, plan: String) throws {
        func folder(_ name: String) -> String { name.split(separator: "/").dropLast().joined(separator: "/") }
        let left = Set(files.filter { folder($0) != folder($1) }.map { folder($0.0) }).sorted()
        guard left.count > 1 else { return }
        throw JobError(
            .badData,
            "\(plan): data_map names files of the folders \(left[0]) and \(left[1]), and data_prefix leads to neither; name one folder, or correct data_prefix"
        )
    }

    static func join(_ base: String, _ path: String) -> String {
        if path.isEmpty { return base.isEmpty ? "." : base }
        return path.hasPrefix("/") || base.isEmpty || base == "." ? path : base + "/" + path
    }

    private static func found(_ name: String, in folder: String, plan: String) throws -> String {
        let ending = [".pt", ".pth"].first { name.hasSuffix($0) }
        let own = ending.map { name.dropLast($0.count) + ".h5" } ?? name
        // The serverless system has names with and without the prefix.
        let candidates = [own, String(own.split(separator: "/").last ?? "")]
        guard let found = candidates.first(where: { access(folder + "/" + $0, R_OK) == 0 }) else {
            let advice = ending == nil ? "check data_prefix" : "make partitions of them with: photoz import"
            throw JobError(.inputMissing, "\(folder)/\(candidates[0]): cannot be read, and \(plan) names it; \(advice)")
        }
        return found
    }
}
