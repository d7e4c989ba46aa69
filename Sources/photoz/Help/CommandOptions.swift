import ArgumentParser
import PhotozRecords
import PhotozSweep
import PhotozText

/// The options of a command, as its help lists them.
struct CommandOptions {
    /// By name, whether a value follows.
    private let takesValue: [String: Bool]

    /// - Parameter command: One of the program's commands.
    init(_ command: any ParsableCommand.Type) {
        var options = ["--help": false, "--version": false]
        for line in Photoz.helpMessage(for: command, columns: 200).split(separator: "\n") {
            let words = line.split(separator: " ")
            // Only the lines that list an option begin with its name.
            guard let place = words.prefix(2).firstIndex(where: { $0.hasPrefix("--") }), line.hasPrefix("  ") else {
                continue
            }
            options[String(words[place])] = words.dropFirst(place + 1).first?.hasPrefix("<") ?? false
        }
        takesValue = options
    }

    /// The command that these arguments start.
    static func command(of arguments: [String]) -> (any ParsableCommand.Type)? {
        Photoz.configuration.subcommands.first { $0.configuration.commandName == arguments.first }
    }

    /// What was perhaps meant by the first option that the command has not; nil when it has all of them, or none is
    /// like it.
    func suggestion(for arguments: [String]) -> String? {
        var isValue = false
        for word in arguments.prefix(while: { $0 != "--" }) {
            defer { isValue = word == "--run-options" }
            guard word.hasPrefix("--"), !isValue else { continue }
            let name = String(word.prefix { $0 != "=" })
            guard takesValue[name] == nil else { continue }
            let near = takesValue.keys.map { (name: $0, distance: editDistance(name, $0)) }
                .filter { $0.distance <= 2 || $0.name.hasPrefix(name) && name.count > 4 }
                .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
            return near.map { "Unknown option '\(name)'. Did you mean '\($0.name)'?" } ?? "Unknown option '\(name)'."
        }
        return nil
    }

    /// Those words of a command line that are options of this command too, with their values.
    func shared(_ arguments: [String]) -> [String] {
        var shared: [String] = []
        for (place, word) in arguments.enumerated() {
            let name = String(word.prefix { $0 != "=" })
            guard let takesValue = takesValue[name] else { continue }
            shared.append(word)
            if takesValue, name == word, place + 1 < arguments.count { shared.append(arguments[place + 1]) }
        }
        return shared
    }
}

extension CommandOptions {
    /// Options of this program's command line with which `photoz inspect` sees a file as the command did, for a shell.
    static var forInspect: String {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard command(of: arguments) != nil else { return "" }
        return CommandOptions(InspectCommand.self).shared(arguments).map { " " + shellQuoted($0) }.joined()
    }

    /// What more there is to say of a command line that is not understood, above the parser's own words.
    static func hint(for arguments: [String], parser: String) -> String? {
        if let word = arguments.prefix(while: { $0 != "--" }).first(where: isFileLikeDash) { return dashHint(word) }
        guard !parser.contains("Unknown option"), let command = command(of: arguments) else { return nil }
        return CommandOptions(command).suggestion(for: Array(arguments.dropFirst()))
    }

    static func dashHint(_ word: String) -> String {
        "'\(word)' is read as options, since it begins with a dash; for a file of that name write './\(word)'."
    }

    /// A single dash and what no option is: the program's only short one is `-h`.
    static func isFileLikeDash(_ word: String) -> Bool {
        word.hasPrefix("-") && !word.hasPrefix("--") && word.count > 2
            && !"0123456789.".contains(word.dropFirst(1).first ?? "0")
    }
}
