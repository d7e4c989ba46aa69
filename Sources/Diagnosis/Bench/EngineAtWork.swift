import AstroMAE
import PhotozMachine

/// An engine that predicts the same galaxies over and over.
struct EngineAtWork {
    private let engine: Engine
    private let galaxies: BenchGalaxies

    init(_ network: PreparedNetwork, threads: Int, on galaxies: BenchGalaxies) {
        engine = Engine(network, threads: threads)
        self.galaxies = galaxies
    }

    /// Galaxies a second: the median over batches, after one that is not counted, and of the fastest batch.
    func galaxiesPerSecond(seconds: Double, leastBatches: Int) -> (median: Double, fastest: Double) {
        predict()
        var times: [Double] = []
        while times.reduce(0, +) < seconds || times.count < leastBatches {
            let start = ContinuousClock.now
            predict()
            times.append((ContinuousClock.now - start).seconds)
        }
        times.sort()
        return (Double(galaxies.count) / times[times.count / 2], Double(galaxies.count) / times[0])
    }

    /// The share of each kind of layer in the first thread's time.
    func layerShares(seconds: Double) -> [String: Double] {
        engine.profile(true)
        let start = ContinuousClock.now
        repeat { predict() } while ContinuousClock.now - start < .seconds(seconds)
        let durations = engine.profile(false)?.durations ?? [:]
        let total = durations.values.reduce(.zero, +).seconds
        return Dictionary(uniqueKeysWithValues: durations.map { ($0.key.rawValue, $0.value.seconds / total) })
    }

    private func predict() {
        var redshifts = [Float](repeating: 0, count: galaxies.count)
        galaxies.images.withUnsafeBufferPointer { images in
            galaxies.magnitudes.withUnsafeBufferPointer { magnitudes in
                redshifts.withUnsafeMutableBufferPointer {
                    engine.predict(images: images, magnitudes: magnitudes, redshifts: $0)
                }
            }
        }
    }
}
