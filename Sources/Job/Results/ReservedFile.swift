import Glibc
import HDF5
import PhotozMachine

/// A file of results with all that is no row: the data sets with their places in the file, and the attributes. Rank 0
/// creates it; whoever writes the rows needs no HDF5.
struct ReservedFile: Codable {
    /// Where a data set's elements begin in the file, and how many bytes of them are a galaxy's.
    struct Column: Codable {
        let place: Int
        let width: Int
    }

    let path: String
    /// In the order of the layout.
    let columns: [Column]
    /// Where the heap of strings of any length begins.
    let heap: Int
    /// Bytes of the whole file.
    let byteCount: Int

    /// - Parameters:
    ///   - path: Where. What stands there is replaced.
    ///   - layout: What it holds.
    ///   - heapBytes: Bytes of strings of any length.
    /// - Throws: `HDF5Error` when it cannot be written, or the disk has no room for all of it.
    init(creating path: String, _ layout: any ResultLayout, heapBytes: Int = 0) throws {
        let file = try File.create(path)
        let datasets = try layout.create(in: file)
        columns = try datasets.map { Column(place: try Self.place(of: $0.dataset, in: path), width: $0.width) }
        let ends = zip(columns, datasets).map { $0.place + $1.dataset.rows * $1.width }
        heap = heapBytes > 0 ? try file.lengthen(by: heapBytes) : 0
        try file.close()
        var status = stat()
        guard stat(path, &status) == 0 else { throw systemFailure("\(path): cannot be looked at") }
        byteCount = Int(status.st_size)
        self.path = path
        guard byteCount >= max(ends.max() ?? 0, heap + heapBytes) else {
            throw JobError(
                .unexpected, "\(path): has \(byteCount) bytes, fewer than its data sets take; this is a bug of photoz")
        }
        try File.takeRoom(byteCount, for: path)
    }

    /// What neighbouring galaxies are in the file.
    ///
    /// - Parameters:
    ///   - file: Index of this file among those that are written.
    ///   - rows: The galaxies.
    ///   - layout: That of the file.
    ///   - strings: Identifiers of any length; without it they are left out.
    /// - Throws: What the layout throws.
    func parts(
        _ file: Int, of rows: PredictionRows, _ layout: any ResultLayout, _ strings: StringHeap?
    ) throws -> [FilePart] {
        zip(columns, try layout.elements(of: rows)).flatMap { column, bytes -> [FilePart] in
            let place = column.place + rows.galaxies.lowerBound * column.width
            if let bytes { return [FilePart(file: file, place: place, bytes: bytes)] }
            guard let strings else { return [] }
            let own = strings.bytes(of: rows.galaxies, rows.found.identifiers.strings[rows.places], from: heap)
            return [
                FilePart(file: file, place: place, bytes: own.references),
                FilePart(file: file, place: own.place, bytes: own.heap),
            ]
        }
    }

    private static func place(of dataset: Dataset, in path: String) throws -> Int {
        guard let place = dataset.place ?? (dataset.rows == 0 ? 0 : nil) else {
            throw JobError(
                .unexpected,
                "\(path): \(dataset.name): has no place in the file; this version of HDF5 (\(Library.version)) takes none before it writes"
            )
        }
        return place
    }
}
