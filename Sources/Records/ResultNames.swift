/// What the files of a run's predictions are called.
package enum ResultNames {
    /// The predictions.
    package static let predictions = "predictions.h5"
    /// The same file by another name, for programs that take `.h5` for a format of their own.
    package static let otherName = "predictions.hdf5"
    /// The distributions. qp and tables_io read groups of HDF5 from files of this ending alone.
    package static let distributions = "pz.hdf5"
    /// The predictions as text.
    package static let table = "predictions.csv"
}
