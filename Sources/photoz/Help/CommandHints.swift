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

    /// What more there is to say of a command line that is not understood, above the parser's own words.
    static func hint(for arguments: [String], parser: String) -> String? {
        if let word = arguments.prefix(while: { $0 != "--" }).first(where: isFileLikeDash) { return dashHint(word) }
        guard let command = command(of: arguments) else { return nil }
        let (options, words) = (CommandOptions(command), Array(arguments.dropFirst()))
        return (parser.contains("Unknown option") ? nil : unknownOption(in: words, options))
            ?? unknownValue(in: words, options)
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

    /// The first value that is nearly one of those that its option takes.
    private static func unknownValue(in arguments: [String], _ options: CommandOptions) -> String? {
        let words = arguments.prefix { $0 != "--" }
        for (place, word) in words.enumerated() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let choices = options.values[parts[0]]?.choices, !choices.isEmpty,
                let value = parts.count > 1 ? parts[1] : words.dropFirst(place + 1).first, !choices.contains(value),
                let near = nearest(to: value, among: choices)
            else { continue }
            return "Unknown value '\(value)' of \(parts[0]). Did you mean '\(near)'?"
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
                $0.distance <= 2 && $0.distance < min(word.count, $0.word.count)
                    || word.count >= shortest && ($0.word.hasPrefix(word) || word.hasPrefix($0.word))
            }
            .min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
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
