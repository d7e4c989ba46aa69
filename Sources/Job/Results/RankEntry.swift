import FoundationEssentials
import PhotozMachine

/// One rank's entry of `combined_data.json`, with the keys of the published system.
struct RankEntry: Encodable {
    let report: RankReport
    let batchSize: Int
    let modelMegabytes: Double
    let resultPath: String
    let dataPaths: TextList
    let processor: Host.Processor
    let memory: Double

    private enum Key: String, CodingKey {
        case processorTime = "total_cpu_time (seconds)"
        case processorMemory = "total_cpu_memory (MB)"
        case processMemory = "total_process_memory (MB)"
        case overhead = "library_overhead_memory (MB)"
        case imageMemory = "total_image_memory (MB)"
        case modelMemory = "total_model_memory (MB)"
        case perBatch = "execution_time (seconds/batch)"
        case batches = "num_batches"
        case batchSize = "batch_size"
        case device
        case throughput = "throughput_bps"
        case samplesPerSecond = "sample_persec"
        case resultPath = "result_path"
        case dataPath = "data_path"
        case processor = "cpu_info"
        case memory = "ram_info (GB)"
        // Beside the published keys: what a timeline of the ranks needs.
        case samples = "num_samples"
        case threads
        case inference = "inference_time (seconds)"
        case readWait = "read_wait (seconds)"
        case idle = "idle_time (seconds)"
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        // What earlier attempts did took none of this time.
        let own = report.samples - report.resumed
        let images = Double(min(batchSize, report.samples) * 20_480) / 1_048_576
        try values.encode(report.processorTime, forKey: .processorTime)
        try values.encode(report.memory, forKey: .processorMemory)
        try values.encode(report.memory, forKey: .processMemory)
        try values.encode(max(0, report.memory - images - modelMegabytes), forKey: .overhead)
        try values.encode(images, forKey: .imageMemory)
        try values.encode(modelMegabytes, forKey: .modelMemory)
        try values.encode(
            secondsPerBatch(report.processorTime, samples: own, batchSize: batchSize), forKey: .perBatch)
        try values.encode(report.batches, forKey: .batches)
        try values.encode(batchSize, forKey: .batchSize)
        try values.encode("cpu", forKey: .device)
        let rate = report.processorTime > 0 ? Double(own) / report.processorTime : 0
        try values.encode(rate * Double(RankReport.bitsPerSample), forKey: .throughput)
        try values.encode(rate, forKey: .samplesPerSecond)
        try values.encode(resultPath, forKey: .resultPath)
        // As published: a name where there is one file, a list where there are several, null where there is none.
        switch dataPaths.count {
        case 0: try values.encodeNil(forKey: .dataPath)
        case 1: try values.encode(dataPaths[0], forKey: .dataPath)
        default: try values.encode(dataPaths, forKey: .dataPath)
        }
        try values.encode(processor, forKey: .processor)
        try values.encode(memory, forKey: .memory)
        try values.encode(report.samples, forKey: .samples)
        try values.encode(report.threads, forKey: .threads)
        try values.encode(report.wallTime, forKey: .inference)
        try values.encode(report.readWait, forKey: .readWait)
        try values.encode(report.idle, forKey: .idle)
    }
}

/// The published time a batch: total time / (samples / batch size); nil without samples.
func secondsPerBatch(_ total: Double, samples: Int, batchSize: Int) -> Double? {
    samples > 0 ? total / (Double(samples) / Double(batchSize)) : nil
}
