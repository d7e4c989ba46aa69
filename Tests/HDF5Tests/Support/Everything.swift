import HDF5

/// Opens a file and reads all that is in it, as far as errors allow.
enum Everything {
    /// What could be read.
    struct Counts: Equatable {
        var objects = 0
        var values = 0
        var errors: [HDF5Error] = []

        static func == (one: Counts, other: Counts) -> Bool {
            one.objects == other.objects && one.values == other.values && one.errors.count == other.errors.count
        }
    }

    static func read(_ path: String) -> Counts {
        var counts = Counts()
        guard let file = attempt(&counts, { () throws(HDF5Error) in try File.open(path) }) else { return counts }
        visit(file, depth: 0, &counts)
        return counts
    }

    private static func visit(_ group: Group, depth: Int, _ counts: inout Counts) {
        counts.objects += 1
        readAttributes(of: group, &counts)
        // A damaged group may hold itself.
        guard depth < 4, let members = attempt(&counts, { () throws(HDF5Error) in try group.members() }) else { return }
        for member in members.prefix(100) {
            switch member.kind {
            case .dataset:
                guard let dataset = attempt(&counts, { () throws(HDF5Error) in try group.dataset(member.name) })
                else { continue }
                counts.objects += 1
                readAttributes(of: dataset, &counts)
                readValues(of: dataset, &counts)
                for field in dataset.fields.prefix(100) {
                    let name = member.name + ":" + field
                    guard let column = attempt(&counts, { () throws(HDF5Error) in try group.dataset(name) })
                    else { continue }
                    readValues(of: column, &counts)
                }
            case .group:
                guard let inner = attempt(&counts, { () throws(HDF5Error) in try group.group(member.name) })
                else { continue }
                visit(inner, depth: depth + 1, &counts)
            case .other: break
            }
        }
    }

    private static func readValues(of dataset: Dataset, _ counts: inout Counts) {
        _ = (dataset.storageSize, dataset.filters, dataset.chunk)
        if dataset.elementType == .string {
            let rows = 0..<min(dataset.rows, 1000)
            let strings = attempt(&counts) { () throws(HDF5Error) in try dataset.readStrings(rows: rows) }
            counts.values += strings?.count ?? 0
        } else if dataset.elementType.isNumeric {
            let numbers = attempt(&counts) { () throws(HDF5Error) in try dataset.readAll(as: Float.self) }
            counts.values += numbers?.count ?? 0
        }
    }

    private static func readAttributes(of holder: AttributeHolder, _ counts: inout Counts) {
        let names = attempt(&counts) { () throws(HDF5Error) in try holder.attributeNames() }
        for name in (names ?? []).prefix(100) {
            let numbers = try? holder.attributeNumbers(name, as: Double.self)
            let strings = try? holder.attributeStrings(name)
            counts.values += (numbers?.count ?? 0) + (strings?.count ?? 0)
        }
    }

    private static func attempt<T>(_ counts: inout Counts, _ body: () throws(HDF5Error) -> T) -> T? {
        do throws(HDF5Error) { return try body() } catch {
            counts.errors.append(error)
            return nil
        }
    }
}
