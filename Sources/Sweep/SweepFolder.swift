import FoundationEssentials
import Glibc
import PhotozExitCodes
import PhotozRecords
import PhotozText

/// Where a sweep keeps its data, its runs and what it found, so that it can go on where it stopped.
package struct SweepFolder: Sendable {
    /// What all runs of a sweep share. Another sweep must not go on in the same folder.
    package struct Settings: Encodable, Equatable, Sendable {
        /// The weights file, an absolute path.
        package let weights: String
        /// The folder or files of the survey, absolute paths.
        package let data: [String]
        /// Options of `photoz run` that all runs have.
        package let options: [String]

        /// - Parameters: As the properties.
        package init(weights: String, data: [String], options: [String]) {
            self.weights = weights
            self.data = data
            self.options = options
        }

        fileprivate init(_ root: JSONNode) throws(RecordError) {
            func texts(_ key: String) throws(RecordError) -> [String] {
                try root.entry(key).list().map { node throws(RecordError) in try node.text() }
            }
            weights = try root.entry("weights").text()
            data = try texts("data")
            options = try texts("options")
        }
    }

    /// The folder.
    package let path: String

    /// A folder that nothing will be written in.
    package init(planned path: String) { self.path = path }

    /// Makes the folder, or goes on in the one of the same sweep.
    ///
    /// - Throws: ``SweepError`` when it cannot be made, or belongs to another sweep.
    package init(_ path: String, settings: Settings) throws(SweepError) {
        self.path = path
        let file = path + "/sweep.json"
        let known: Settings?
        do throws(RecordError) {
            known = try JSONNode.read(file).map { root throws(RecordError) in try Settings(root) }
        } catch {
            throw SweepError(.refused, "\(error); choose another folder, or remove this one")
        }
        if let known {
            guard known == settings else {
                throw SweepError(
                    .refused,
                    "\(path): holds a sweep with other weights, data or options; choose another folder, or remove this one"
                )
            }
            return
        }
        do {
            try FileManager.default.createDirectory(atPath: path + "/runs", withIntermediateDirectories: true)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(settings).write(to: URL(filePath: file), options: .atomic)
        } catch {
            throw SweepError(.refused, "\(path): cannot be written: \(reason(error)); choose another folder")
        }
    }

    /// Where a run leaves its results.
    package func results(of point: Grid.Point) -> String { path + "/runs/" + point.name }

    /// What a run printed.
    package func log(of point: Grid.Point) -> String { path + "/runs/" + point.name + ".log" }

    /// Whether a run came to its end.
    package func isFinished(_ point: Grid.Point) -> Bool {
        FileManager.default.fileExists(atPath: results(of: point) + "/Results.json")
    }

    /// The survey in partitions of that size.
    package func data(megabytes size: Double) -> String { path + "/data-" + megabytes(size) }

    /// The same while it is made.
    package func unfinishedData(megabytes size: Double) -> String { path + "/inprogress_data-" + megabytes(size) }

    /// Writes a file of the sweep.
    ///
    /// - Throws: ``SweepError`` when it cannot be written.
    package func write(_ text: String, to name: String) throws(SweepError) {
        do { try Data(text.utf8).write(to: URL(filePath: path + "/" + name), options: .atomic) } catch {
            throw SweepError(.unwritable, "\(path)/\(name): cannot be written: \(reason(error)); check the free space")
        }
    }
}

/// Why a sweep cannot go on.
package struct SweepError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    package enum Kind: Sendable {
        /// The folder is not one for this sweep.
        case refused
        /// A file cannot be written.
        case unwritable
        /// A run failed, with the exit code that it had.
        case failed(Int32)
        /// The launcher cannot be started.
        case noLauncher
    }

    /// The kind of failure.
    package let kind: Kind
    /// What is wrong, where, and what to do.
    package let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// The system's words for why a file could not be written.
private func reason(_ error: any Error) -> String {
    let code = ((error as? CocoaError)?.underlying as? POSIXError)?.code
    return code.map { String(cString: strerror($0.rawValue)) } ?? "\(error)"
}

extension SweepError: ExitCoded {
    /// The exit code of a program that this ends.
    package var exitCode: ExitCode {
        switch kind {
        case .refused: .outputRefused
        case .unwritable: .inputOutput
        case .failed(let code): ExitCode(rawValue: code) ?? .unexpected
        case .noLauncher: .inputMissing
        }
    }
}
