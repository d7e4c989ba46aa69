import CKernels
import Dispatch

/// Predicts redshifts with a prepared network, on one or several threads.
///
/// A galaxy's redshift has the same bits whatever galaxies share its batch and however many threads there are. An engine
/// is used by one thread at a time; several engines may share a network. Numbers below 2^-126 in magnitude are zero, in
/// what it is given and in what it computes: some processors need a hundred times longer for them.
public final class Engine {
    /// Galaxies a thread that an engine likes to be given at once; more at once are no faster.
    public static func preferredCount(for shape: NetworkShape) -> Int { shape.headTile }

    private let passes: [ForwardPass]

    /// - Parameters:
    ///   - network: The packed weights.
    ///   - threads: How many threads share the galaxies of a call; each has its own room for activations.
    public convenience init(_ network: PreparedNetwork, threads: Int = 1) {
        self.init(network, threads: threads, guarded: false)
    }

    /// An engine whose arrays end at memory that nobody may touch, when `guarded` is set: for tests.
    package init(_ network: PreparedNetwork, threads: Int = 1, guarded: Bool) {
        precondition(threads > 0)
        passes = (0..<threads).map { _ in ForwardPass(network, guarded: guarded) }
    }

    /// Redshifts of the galaxies of a batch.
    ///
    /// - Parameters:
    ///   - images: [count, bands, imageSize, imageSize], as the network was trained on.
    ///   - magnitudes: [count, bands]
    ///   - redshifts: [count], written.
    public func predict(
        images: UnsafeBufferPointer<Float>, magnitudes: UnsafeBufferPointer<Float>,
        redshifts: UnsafeMutableBufferPointer<Float>
    ) {
        let (count, shape) = (redshifts.count, passes[0].shape)
        precondition(images.count == count * shape.imageCount && magnitudes.count == count * shape.magnitudeCount)
        guard count > 0 else { return }
        let task = Share(
            passes: passes, images: images.baseAddress!, magnitudes: magnitudes.baseAddress!,
            redshifts: redshifts.baseAddress!, count: count)
        if passes.count == 1 {
            task.run(0)
        } else {
            DispatchQueue.concurrentPerform(iterations: passes.count) { task.run($0) }
        }
    }

    /// Starts counting, or stops, where the first thread's time goes; what was counted so far.
    @discardableResult
    public func profile(_ isOn: Bool) -> LayerTimes? {
        defer { passes[0].times = isOn ? LayerTimes() : nil }
        return passes[0].times
    }

    /// Shows every stage of the first thread's work that stands in memory as float32 to `observer`: for tests.
    package func observe(_ observer: ((ObservedStage) -> Void)?) {
        passes[0].observer = observer
    }
}

/// A batch, dealt to threads in contiguous runs of galaxies: no two threads touch the same pass or the same redshift.
private struct Share: @unchecked Sendable {
    let passes: [ForwardPass]
    let images: UnsafePointer<Float>
    let magnitudes: UnsafePointer<Float>
    let redshifts: UnsafeMutablePointer<Float>
    let count: Int

    func run(_ thread: Int) {
        let first = count * thread / passes.count
        let end = count * (thread + 1) / passes.count
        let shape = passes[thread].shape
        let state = ck_flush_denormals()
        defer { ck_restore(state) }
        passes[thread].run(
            images: images + first * shape.imageCount, magnitudes: magnitudes + first * shape.magnitudeCount,
            count: end - first, redshifts: redshifts + first)
    }
}
