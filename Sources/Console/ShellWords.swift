/// A command line as a shell sees it.
enum ShellWords {
    /// The words of `line`, without quotes and backslashes; the last is the one that is being typed, maybe empty.
    ///
    /// Substitutions and variables stay as they are typed: nothing is run.
    static func split(_ line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isInWord = false
        var quote: Unicode.Scalar?
        var isEscaped = false
        for scalar in line.unicodeScalars {
            if isEscaped {
                // Within double quotes a backslash is one unless it stands before what would end or begin something.
                if quote == "\"", !"\"\\$`".unicodeScalars.contains(scalar) { word += "\\" }
                word.unicodeScalars.append(scalar)
                isEscaped = false
            } else if scalar == "\\", quote != "'" {
                (isEscaped, isInWord) = (true, true)
            } else if let open = quote {
                if scalar == open { quote = nil } else { word.unicodeScalars.append(scalar) }
            } else if scalar == "'" || scalar == "\"" {
                (quote, isInWord) = (scalar, true)
            } else if scalar == " " || scalar == "\t" {
                if isInWord { words.append(word) }
                (word, isInWord) = ("", false)
            } else {
                word.unicodeScalars.append(scalar)
                isInWord = true
            }
        }
        return words + [word]
    }
}
