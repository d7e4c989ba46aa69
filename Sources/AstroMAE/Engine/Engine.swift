import CKernels
import Dispatch

/// Predicts redshifts with a prepared network, on one or several threads.
///
/// A galaxy's redshift has the same bits whatever galaxies share its batch and however many threads there are. An
/// engine is used by one thread at a time; several engines may share a network. Numbers below 2^-126 in magnitude are
/// zero, in what it is given and in what it computes: some processors need a hundred times longer for them.
public final class Engine {
    /// Galaxies a thread that an engine likes to be given at once; more at once are no faster.
    public static func preferredCount(for shape: NetworkShape) -> Int { shape.headTile }

    private let passes: [ForwardPass]
    /// Who looks on while the first thread goes through its steps.
    private var onlooker: (any Onlooker)?

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
        let galaxies = Galaxies(
            images: images.baseAddress!, magnitudes: magnitudes.baseAddress!, redshifts: redshifts.baseAddress!,
            count: count)
        let task = ThreadedBatch(passes: passes, onlooker: onlooker, galaxies: galaxies)
        if passes.count == 1 {
            task.run(0)
        } else {
            DispatchQueue.concurrentPerform(iterations: passes.count) { task.run($0) }
        }
    }

    /// Starts counting, or stops, where the first thread's time goes; what was counted so far. It takes the place of an
    /// observer.
    @discardableResult
    public func profile(_ isOn: Bool) -> LayerTimes? {
        defer { onlooker = isOn ? Stopwatch() : nil }
        return (onlooker as? Stopwatch)?.times
    }

    /// Shows every stage of the first thread's work that stands in memory as float32 to `observer`: for tests. It takes
    /// the place of a profile.
    package func observe(_ observer: ((ObservedStage) -> Void)?) {
        onlooker = observer.map { StageObserver($0) }
    }
}

/// Someone who has a pass perform its steps, and looks on from outside.
protocol Onlooker: AnyObject {
    /// Has the step performed, once, on these galaxies.
    func perform(_ step: ForwardPass.Step, of pass: ForwardPass, on galaxies: Galaxies)
}

/// A batch, dealt to threads in contiguous parts: no two threads touch the same pass or the same redshift.
private struct ThreadedBatch: @unchecked Sendable {
    let passes: [ForwardPass]
    let onlooker: (any Onlooker)?
    let galaxies: Galaxies

    func run(_ thread: Int) {
        let pass = passes[thread]
        let first = galaxies.count * thread / passes.count
        let end = galaxies.count * (thread + 1) / passes.count
        let part = galaxies.part(first..<end, pass.shape)
        let state = ck_flush_denormals()
        defer { ck_restore(state) }
        if thread == 0, let onlooker {
            pass.walk(part) { onlooker.perform($0, of: pass, on: $1) }
        } else {
            pass.run(part)
        }
    }
}
