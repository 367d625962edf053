/// The candidate that `word` was probably meant to be; nil when none is close.
///
/// - Parameters:
///   - word: what was typed.
///   - candidates: what could have been meant.
/// - Returns: the candidate with the fewest edits, the first of equals, if at most a third of its letters (but at
///   least one) differ.
package func closestMatch(to word: String, in candidates: [String]) -> String? {
    guard word.utf8.count <= 100 else { return nil }
    let scored = candidates.map { (name: $0, edits: editDistance(word, $0)) }
    guard let best = scored.min(by: { $0.edits < $1.edits }), best.name != word,
        best.edits <= max(1, best.name.count / 3)
    else { return nil }
    return best.name
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour to get from one to the other.
///
/// - Parameters:
///   - left: one.
///   - right: the other.
/// - Returns: the number of edits, the restricted Damerau-Levenshtein distance.
package func editDistance(_ left: String, _ right: String) -> Int {
    let a = Array(left.unicodeScalars)
    let b = Array(right.unicodeScalars)
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 1...a.count {
        var row = [i]
        for j in 1...b.count {
            var edits = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                edits = min(edits, beforeLast[j - 2] + 1)
            }
            row.append(edits)
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
