import Testing

/// Everything that runs the program, one test after another: timings and memory are measured, and the tests themselves
/// use HDF5, which one thread at a time may do.
@Suite(.serialized) enum CommandTests {}
