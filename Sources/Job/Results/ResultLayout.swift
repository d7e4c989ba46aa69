import HDF5

/// What a file of results holds of each galaxy.
protocol ResultLayout {
    /// Galaxies whose elements are made at once at most: a part of ``GalaxyOwners/block`` without a rest, and where
    /// strings have any length a multiple of ``StringHeap/galaxies``.
    var blockSize: Int { get }

    /// Creates the data sets, each with a row for each galaxy, and all else that the file holds.
    ///
    /// - Throws: `HDF5Error` when it cannot be written.
    func create(in file: File) throws -> [ReservedDataset]

    /// The elements of neighbouring galaxies as they are stored, for each data set in the order of ``create(in:)``; nil
    /// for strings of any length, which have a heap.
    ///
    /// - Throws: What reading from the partitions throws; ``JobError`` with code 65 for an identifier that cannot be
    ///   stored as it is.
    func elements(of rows: PredictionRows) throws -> [[UInt8]?]
}

/// A data set whose place in the file is known before its elements are.
struct ReservedDataset {
    let dataset: Dataset
    /// Bytes of a galaxy.
    let width: Int
}
