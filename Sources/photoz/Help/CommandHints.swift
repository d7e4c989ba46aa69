import ArgumentParser
import PhotozText

/// What was perhaps meant by a command line that is nearly right.
enum CommandHints {
    /// The command that these arguments start.
    static func command(of arguments: [String]) -> (any ParsableCommand.Type)? {
        Photoz.configuration.subcommands.first { $0.configuration.commandName == arguments.first }
    }

    /// What is wrong with a first word, or the one that help is asked for, that is no command; nil when it is one.
    static func unknownCommand(in arguments: [String]) -> String? {
        let asked = arguments.first == "help" ? Array(arguments.dropFirst()) : arguments
        guard let word = asked.first, !word.hasPrefix("-"), word != "help", command(of: asked) == nil else {
            return nil
        }
        let names = Photoz.configuration.subcommands.compactMap { $0.configuration.commandName }
        let advice = nearest(to: word, among: names + ["help"]).map { "Did you mean '\($0)'?" }
        return "Unknown command '\(word)'. " + (advice ?? "Commands are: \(names.sorted().joined(separator: ", ")).")
    }

    /// The parser's words about a command line that it does not understand, and what was perhaps meant.
    static func explained(_ message: String, for arguments: [String]) -> String {
        let command = command(of: arguments)
        if let word = arguments.prefix(while: { $0 != "--" }).first(where: isFileLikeDash) {
            return above(message, dashHint(word, of: command))
        }
        guard let command else { return message }
        let (options, words) = (CommandOptions(command), Array(arguments.dropFirst()))
        if let hint = numberHint(message, words, options) { return behindFirstLine(of: message, hint) }
        if !message.contains("Unknown option"), let unknown = unknownOption(in: words, options) {
            return above(message, unknown)
        }
        guard let near = valueNearly(in: words, options) else { return message }
        // One error, where the parser lists the values.
        let (list, advice) = (". Please provide one of", "Did you mean '\(near)'?")
        guard let place = message.firstRange(of: list) else { return above(message, advice) }
        return message[..<place.lowerBound] + ". " + advice + message[place.lowerBound...].dropFirst()
    }

    /// What is wrong with a number that the parser does not take for one; nil where that is not what it says.
    private static func numberHint(_ message: String, _ words: [String], _ options: CommandOptions) -> String? {
        if message.contains("Missing value for") {
            let pairs = zip(words, words.dropFirst())
            guard let (name, value) = pairs.first(where: { options.values[$0]?.isNeeded == true && isNegative($1) }),
                message.contains("'\(name) ")
            else { return nil }
            return "\(name) takes no negative number, such as \(value)."
        }
        guard let found = message.firstMatch(of: #/The value '[^']*' is invalid for '(--[a-z-]+) <([a-z,]+)>'/#),
            let form = forms[String(found.2)]
        else { return nil }
        return "\(found.1) takes \(form)."
    }

    private static func isNegative(_ word: String) -> Bool { word.hasPrefix("-") && Double(word) != nil }

    /// What values look like, by the names that the help has for them.
    private static let forms = [
        "count": "a whole number, such as 4", "seconds": "a number of seconds, such as 600",
        "grid": "the first redshift, the last one and the number of points, such as 0:2:301",
        "list": "numbers with commas between them", "low,high": "two numbers, such as 0,20",
        "price": "a number, such as 0.05", "level": "a whole number from 1 to 9",
    ]

    private static func behindFirstLine(of message: String, _ hint: String) -> String {
        var lines = message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines[0] += ": " + hint
        return lines.joined(separator: "\n")
    }

    private static func above(_ message: String, _ hint: String) -> String {
        message.contains(hint) ? message : "Error: \(hint)\n\(message)"
    }

    /// The first option that the command has not; nil when it has all of them.
    private static func unknownOption(in arguments: [String], _ options: CommandOptions) -> String? {
        var isValue = false
        for word in arguments.prefix(while: { $0 != "--" }) {
            defer { isValue = word == "--run-options" }
            guard word.hasPrefix("--"), !isValue else { continue }
            let name = String(word.prefix { $0 != "=" })
            guard options.values[name] == nil else { continue }
            let near = nearest(to: name, among: Array(options.values.keys), shortest: 5)
            return "Unknown option '\(name)'." + (near.map { " Did you mean '\($0)'?" } ?? "")
        }
        return nil
    }

    /// What was meant by the first value that is nearly one of those that its option takes.
    private static func valueNearly(in arguments: [String], _ options: CommandOptions) -> String? {
        let words = arguments.prefix { $0 != "--" }
        for (place, word) in words.enumerated() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let choices = options.values[parts[0]]?.choices, !choices.isEmpty,
                let value = parts.count > 1 ? parts[1] : words.dropFirst(place + 1).first, !choices.contains(value),
                let near = nearest(to: value, among: choices)
            else { continue }
            return near
        }
        return nil
    }

    /// The word that is the most like another one; nil when none is like it.
    ///
    /// - Parameter shortest: So many letters of a word stand for all of it.
    private static func nearest(to word: String, among words: [String], shortest: Int = 3) -> String? {
        let word = word.lowercased()
        return words.map { (word: $0, distance: editDistance(word, $0)) }
            .filter {
                // Of few letters few may be wrong, but they may stand in another order.
                $0.distance <= 2 && ($0.distance * 2 <= word.count || $0.word.sorted() == word.sorted())
                    || word.count >= shortest && ($0.word.hasPrefix(word) || word.hasPrefix($0.word))
            }
            .min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
    }

    /// - Parameter command: The command whose option may be meant.
    static func dashHint(_ word: String, of command: (any ParsableCommand.Type)?) -> String {
        let name = "-" + word.prefix { $0 != "=" }
        if let command, CommandOptions(command).values[name] != nil { return "Did you mean '\(name)'?" }
        return "'\(word)' is read as options, since it begins with a dash; for a file of that name write './\(word)'."
    }

    /// A single dash and what no option is: the program's only short one is `-h`.
    static func isFileLikeDash(_ word: String) -> Bool {
        word.hasPrefix("-") && !word.hasPrefix("--") && word.count > 2
            && !"0123456789.".contains(word.dropFirst(1).first ?? "0")
    }
}
