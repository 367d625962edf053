package import Domain

/// What a model is asked about one record.
struct Question {
    let prediction: Prediction
    /// The place of the logged class in the model's answer.
    let logged: Int
    /// Row-major, as many as `shape` says.
    let numbers: [Float]
    /// The dimensions, the first of which is 1.
    let shape: [Int]
}

extension SecondOpinion {
    /// The opinions about `records`, asked for together where the model takes several at once.
    ///
    /// Each depends on its own record alone, to the last bit: batches always have the same size, and it was checked
    /// that the model's rows do not depend on each other.
    ///
    /// - Parameter records: logged inferences.
    /// - Returns: by index: the opinion, nil as for ``finding(for:)``, or why it could not be formed.
    package func findings(for records: [Record]) -> [Result<OpinionFinding?, OpinionError>] {
        var results: [Result<OpinionFinding?, OpinionError>] = []
        var questions: [(index: Int, question: Question)] = []
        for record in records {
            do throws(OpinionError) {
                if let question = try question(about: record) { questions.append((results.count, question)) }
                results.append(.success(nil))
            } catch {
                results.append(.failure(error))
            }
        }
        for start in stride(from: 0, to: questions.count, by: batchSize) {
            let batch = questions[start..<min(start + batchSize, questions.count)]
            do throws(OpinionError) {
                let answers = try answers(to: batch.map(\.question))
                for ((index, question), answer) in zip(batch, answers) {
                    results[index] = Result { () throws(OpinionError) in try finding(answer, to: question) }
                }
            } catch {
                for (index, _) in batch { results[index] = .failure(error) }
            }
        }
        return results
    }

    // 1 … `batchSize` questions, of one shape where there are several.
    private func answers(to questions: [Question]) throws(OpinionError) -> [[Float]] {
        guard batchSize > 1, let first = questions.first else {
            var answers: [[Float]] = []
            for question in questions {
                answers.append(try model.answer(to: question.numbers, shape: question.shape))
            }
            return answers
        }
        let width = first.numbers.count
        var numbers = [Float](repeating: 0, count: batchSize * width)
        for (row, question) in questions.enumerated() {
            numbers.replaceSubrange(row * width..<(row + 1) * width, with: question.numbers)
        }
        let answer = try model.answer(to: numbers, shape: [batchSize, width])
        guard answer.count % batchSize == 0 else {
            throw .invalidAnswer(opinion: name, reason: "\(answer.count) numbers for \(batchSize) inputs")
        }
        return questions.indices.map { row(of: answer, $0, batchSize) }
    }
}

/// How many feature vectors `model` may be given at once: more than one only if that changes no row of the answer
/// whatever the other rows are.
func rowsAtOnce(_ model: any OpinionModel) -> Int {
    let count = 64
    guard model.inputShape.count == 2, model.inputShape[0] == nil, let width = model.inputShape[1], width > 0
    else { return 1 }
    var state: UInt64 = 1
    let rows = (0..<count).map { _ in
        (0..<width).map { _ -> Float in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
        }
    }
    func answer(_ rows: [[Float]]) -> [[UInt32]]? {
        guard let answer = try? model.answer(to: Array(rows.joined()), shape: [count, width]),
            !answer.isEmpty, answer.count % count == 0
        else { return nil }
        return (0..<count).map { row(of: answer, $0, count).map(\.bitPattern) }
    }
    let zero = [Float](repeating: 0, count: width)
    guard let forwards = answer(rows), let backwards = answer(rows.reversed()),
        let alone = answer(rows.prefix(1) + Array(repeating: zero, count: count - 1)),
        forwards == backwards.reversed(), forwards[0] == alone[0]
    else { return 1 }
    return count
}

private func row(of answer: [Float], _ index: Int, _ count: Int) -> [Float] {
    let width = answer.count / count
    return Array(answer[index * width..<(index + 1) * width])
}
