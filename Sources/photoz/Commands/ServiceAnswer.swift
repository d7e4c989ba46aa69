import ArgumentParser
import FoundationEssentials
import PhotozJob
import PhotozMachine
import PhotozRecords
import Survey

/// A line that `photoz serve` answers with.
struct ServiceAnswer: Encodable {
    private enum Content {
        case ready(Service)
        case predictions(Service.Answer, output: String)
        case failure(JobError)
    }

    /// The request's.
    private var id: JSONValue?
    private var content: Content

    /// Says that the network is ready.
    static func ready(_ service: Service) -> ServiceAnswer { ServiceAnswer(content: .ready(service)) }

    private init(content: Content) { self.content = content }

    /// Does what a line asks for. Whatever is wrong with it is the answer.
    init(to line: [UInt8], of service: Service) {
        content = .failure(JobError(.unexpected, "nothing was done"))
        do {
            let node = try JSONNode(line, file: "request")
            id = try node.known("id")?.value
            let request = try Self.request(node)
            content = .predictions(try service.answer(request), output: request.output)
        } catch { content = .failure(Self.failure(error)) }
    }

    private static func failure(_ error: any Error) -> JobError {
        // A request is a command: what is wrong with it is wrong usage.
        if let error = error as? RecordError { return JobError(.wrongUsage, "\(error)") }
        return JobError(error)
    }

    private static func request(_ node: JSONNode) throws -> Service.Request {
        let keys = ["id", "data", "output", "options"]
        if let unknown = try node.entries().keys.filter({ !keys.contains($0) }).min() {
            throw node.fault(
                "has the key \(unknown.debugDescription), which means nothing; keys are \(keys.joined(separator: ", "))"
            )
        }
        switch try node.known("id")?.value {
        case nil, .null, .text, .number: break
        default: throw node.fault("has an id that is neither a text nor a number")
        }
        let data = try node.entry("data")
        var request = Service.Request(
            data: try data.isList ? data.list().map { try $0.filePath() } : [data.filePath()],
            output: try node.entry("output").filePath())
        guard !request.data.isEmpty else { throw node.fault("names no data") }
        let words = try node.known("options")?.list().map { try $0.text() } ?? []
        let options: ServiceOptions
        do { options = try ServiceOptions.parse(words) } catch {
            throw JobError(.wrongUsage, "request: \(ServiceOptions.message(for: error))")
        }
        options.apply(to: &request)
        return request
    }

    // MARK: As text

    private enum Key: String, CodingKey {
        case id, ok, ready, galaxies, flags, skipped, warnings, output, error, code, version, precision
        case instructionSet = "instruction_set"
        case engineTime = "engine_time (seconds)"
        case weights = "weights_sha256"
    }

    /// The line, without its end.
    var line: String { get throws { try jsonLine(self) } }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        switch id {
        case .text(let text): try values.encode(text, forKey: .id)
        case .number(let text):
            if let whole = Int(text) {
                try values.encode(whole, forKey: .id)
            } else {
                try values.encode(Double(text), forKey: .id)
            }
        default: try values.encodeNil(forKey: .id)
        }
        switch content {
        case .ready(let service):
            try values.encode(true, forKey: .ready)
            try values.encode(Photoz.version, forKey: .version)
            try values.encode(service.network.precision.rawValue, forKey: .precision)
            try values.encode("\(service.network.instructionSet)", forKey: .instructionSet)
            try values.encode(service.weightsHash, forKey: .weights)
        case .predictions(let answer, let output):
            try values.encode(true, forKey: .ok)
            try values.encode(answer.galaxies, forKey: .galaxies)
            let flags = Dictionary(uniqueKeysWithValues: zip(GalaxyFlags.names, answer.flags.each))
            try values.encode(flags, forKey: .flags)
            try values.encode(answer.skipped, forKey: .skipped)
            try values.encode(answer.warnings, forKey: .warnings)
            try values.encode(answer.engineTime, forKey: .engineTime)
            try values.encode(output, forKey: .output)
        case .failure(let failure):
            try values.encode(false, forKey: .ok)
            try values.encode(failure.description, forKey: .error)
            try values.encode(failure.exitCode.rawValue, forKey: .code)
        }
    }
}

/// The options of a request: those of `photoz run` that may differ from one to the next.
struct ServiceOptions: ParsableArguments {
    @Option var batchSize = 512
    @OptionGroup var views: ViewOptions
    @Option var onError = ErrorPolicy.stop
    @OptionGroup var keep: KeepOptions
    @OptionGroup var schema: SchemaOptions

    func validate() throws {
        guard batchSize > 0 else { throw ValidationError("--batch-size must be at least 1.") }
    }

    /// Puts them into a request.
    func apply(to request: inout Service.Request) {
        request.batchSize = batchSize
        request.views = views.count
        request.onError = onError
        request.schema = { keep.added(to: schema.schema(bands: $0, imageSize: $1)) }
    }
}
