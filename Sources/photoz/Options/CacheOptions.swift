import ArgumentParser

/// Whether packed weights are kept from one start to the next.
struct CacheOptions: ParsableArguments {
    @Flag(
        name: .customLong("no-weights-cache"),
        help:
            "Prepare the weights for this processor anew: neither use nor keep prepared ones in the user's cache folder."
    )
    private var isOff = false

    /// Whether packed weights are taken from the cache folder, and kept there.
    var isUsed: Bool { !isOff }
}
