/// What one rank did in the inference phase: plain numbers, so that ranks can send them to each other.
struct RankReport: BitwiseCopyable {
    /// Galaxies that it predicted.
    var samples = 0
    /// Batches that it read.
    var batches = 0
    /// User and system time of the process in the phase, seconds.
    var processorTime = 0.0
    /// Time from the phase's common start to its last prediction, seconds.
    var wallTime = 0.0
    /// Time that computation waited for the reader, seconds.
    var readWait = 0.0
    /// The largest resident set, MB.
    var memory = 0.0
    /// Seconds that it waited for the other ranks at the end of the phase.
    var idle = 0.0
    /// Galaxies that were left out because they could not be read.
    var skipped = 0
    /// Galaxies that an earlier attempt predicted.
    var resumed = 0
    /// Threads that computed.
    var threads = 1

    /// Image and magnitude bits of a galaxy, as the published throughput counts them: 5 * 32 * 32 float32 pixels and
    /// 5 float64 magnitudes.
    static let bitsPerSample = (20_480 + 40) * 8

    /// Galaxies that it predicted itself a second of its wall time; 0 when it had none.
    var samplesPerSecond: Double { wallTime > 0 ? Double(samples - resumed) / wallTime : 0 }
}
