import Testing

/// Every test of the library, one at a time: HDF5 belongs to one thread.
@Suite(.serialized)
enum HDF5Tests {}
