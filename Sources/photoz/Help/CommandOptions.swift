import ArgumentParser
import PhotozText

/// The options of a command, as its help lists them.
struct CommandOptions {
    /// What may follow an option.
    struct Value {
        /// Whether something must.
        let isNeeded: Bool
        /// All that may; none where anything may.
        let choices: [String]
    }

    /// By name, with the dashes.
    let values: [String: Value]

    /// - Parameter command: One of the program's commands.
    init(_ command: any ParsableCommand.Type) {
        let none = Value(isNeeded: false, choices: [])
        var options = ["--help": none, "--version": none]
        // No line is wrapped in so many columns.
        let help = HelpText.options(of: Photoz.helpMessage(for: command, columns: 10_000))
        var names: [String] = []
        for line in help.split(separator: "\n") {
            let words = line.split(separator: " ")
            // Only the lines that list an option begin with its name. A long name has the description below it.
            if line.hasPrefix("  "), let place = words.prefix(2).firstIndex(where: { $0.hasPrefix("--") }) {
                names.append(String(words[place]))
                options[names[names.count - 1]] = Value(
                    isNeeded: words.dropFirst(place + 1).first?.hasPrefix("<") ?? false, choices: [])
            }
            guard let name = names.last, let known = options[name] else { continue }
            let choices = Self.choices(in: line)
            if !choices.isEmpty { options[name] = Value(isNeeded: known.isNeeded, choices: choices) }
        }
        values = options
    }

    /// The values that a description lists at its end: `(values: stop, skip; default: stop)`.
    private static func choices(in line: Substring) -> [String] {
        guard let start = line.ranges(of: "(values: ").last else { return [] }
        return line[start.upperBound...].prefix { $0 != ")" && $0 != ";" }.split(separator: ",").map {
            String($0.drop { $0 == " " })
        }
    }

    /// Those words of a command line that are options of this command too, with their values.
    func shared(_ arguments: [String]) -> [String] {
        var shared: [String] = []
        for (place, word) in arguments.enumerated() {
            let name = String(word.prefix { $0 != "=" })
            guard let value = values[name] else { continue }
            shared.append(word)
            if value.isNeeded, name == word, place + 1 < arguments.count { shared.append(arguments[place + 1]) }
        }
        return shared
    }
}

extension CommandOptions {
    /// Options of this program's command line with which `photoz inspect` sees a file as the command did, for a shell.
    static var forInspect: String {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard CommandHints.command(of: arguments) != nil else { return "" }
        return CommandOptions(InspectCommand.self).shared(arguments).map { " " + shellQuoted($0) }.joined()
    }
}
