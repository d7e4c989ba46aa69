import ArgumentParser
import AstroMAE
import Glibc
import PhotozExitCodes
import PhotozJob
import PhotozMachine
import PhotozRecords
import Survey

/// `photoz serve`
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Load a network once, then predict the partitions that requests on standard input name.",
        usage: "photoz serve --weights W.h5 [OPTIONS]",
        discussion: HelpText.discussion(
            """
            Each line of standard input is a request, a JSON object: data (a partition, or a list of them), output (the file \
            for the predictions, as predictions.h5), and optionally id (a text or a number) and options, a list of words: \
            those of photoz run for other surveys, --keep, --views, --batch-size and --on-error. Each is answered by a line of \
            standard output with the same id: ok, galaxies, flags, skipped, warnings and output, or error and code, the exit \
            code of photoz run. The first line of standard output says that the network is ready. A bad request does not end \
            the service; the end of standard input does, and SIGTERM, SIGINT (ctrl-C), SIGUSR1 or the end of the launcher, if \
            there is one. No network connection, no MPI.
            """,
            examples: [
                "echo '{\"data\": \"1.h5\", \"output\": \"out.h5\"}' |\nphotoz serve --weights weights.h5"
            ],
            exitCodes: [.wrongUsage, .badData, .inputMissing, .unexpected, .inputOutput, .stopped],
            meanings: [
                .badData: "the weights are damaged, or not what they should be",
                .stopped: "stopped by a signal, or by the end of the launcher",
            ],
            done: "standard input has ended"))

    @OptionGroup var engine: EngineOptions

    @OptionGroup var cache: CacheOptions

    func validate() throws {
        guard engine.threads > 0 else { throw ValidationError("--threads must be at least 1.") }
    }

    func run() {
        do {
            StopSignal.listen()
            let service = try Service(
                weights: engine.weights, engine.precision, engine.instructionSet,
                threads: min(engine.threads, RunOptions.cores), version: Photoz.version,
                cache: cache.isUsed ? WeightsCache(version: Photoz.version) : nil)
            Exit.show(try ServiceAnswer.ready(service).line)
            var lines = RequestLines()
            while let line = try lines.next() {
                guard !line.isEmpty else { continue }
                Exit.show(try ServiceAnswer(to: line, of: service).line)
            }
            if StopSignal.received != nil { Exit.answering(.stopped) }
        } catch { Exit.withoutMPI(error) }
    }
}

/// Lines of standard input as they come.
private struct RequestLines {
    private var rest: [UInt8] = []
    private var isAtEnd = false
    /// Bytes of a line; what is longer is no request.
    private static let longest = 1 << 20

    /// The next line without its end; nil when there is none, or a signal has come.
    ///
    /// - Throws: ``JobError`` with code 74 when standard input cannot be read.
    mutating func next() throws -> [UInt8]? {
        var isTooLong = false
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                defer { rest.removeSubrange(...end) }
                return isTooLong ? [UInt8(ascii: "?")] : Array(rest[..<end])
            }
            if rest.count > Self.longest {
                isTooLong = true
                rest = []
            }
            guard !isAtEnd else {
                // A line without an end was perhaps not written to its end.
                return nil
            }
            try wait()
            guard StopSignal.received == nil else { return nil }
        }
    }

    /// Waits for more, a second at most: a signal that comes just before waiting begins would go unnoticed.
    private mutating func wait() throws {
        var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        guard poll(&input, 1, 1000) > 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(0, &buffer, buffer.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        guard count >= 0 else { throw systemFailure("standard input: cannot be read") }
        isAtEnd = count == 0
        rest += buffer[..<count]
    }
}
