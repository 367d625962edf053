import Domain
import Foundation
import Testing
import Training

@testable import RiskdTraining

@Suite struct TrainingDataTests {
    @Test func `clean records keep their logged class, adversarial ones get that of their image`()
        async throws
    {
        let scene = try Scene()
        var request = TrainingRequest()
        request.logs = [try scene.file("clean", Scene.log(30))]
        let attack = [
            Scene.line("a0", [2, 2, 2, 2], label: "cat"), Scene.line("a1", [2, 2, 2, 1], label: "dog"),
            Scene.line("a2", [9, 9, 9, 9], label: "dog"),
        ]
        request.adversarial = [try scene.file("attack", attack.joined())]
        request.truth = [
            try scene.file(
                "truth",
                Scene.header + "a0,whitebox,pgd,i1,1,0,0,cat,image,0,0.0,0\n"
                    + "a1,whitebox,pgd,i1,2,1,0,cat,image,4,2.5,0\na2,whitebox,pgd,i1,3,1,1,cat,image,90,60,0\n"
            )
        ]
        let data = try await TrainingData(request, runtime: nil)
        #expect(data.classes == ["cat", "dog"])
        #expect(data.counts == .init(clean: 30, adversarial: 2, successful: 1))
        // The one that is too far away is left out; the other knows what it was made from.
        #expect(data.examples.labels[1] == 0 && data.examples.served[1] == 1)
        #expect(data.examples.origins[1] == 0 && data.examples.weights[1] == request.adversarialWeight)
        #expect(data.examples.isClean.count { $0 } == 30)
        #expect(data.digest == (try await TrainingData(request, runtime: nil)).digest)
    }

    @Test func `a decoy may show another image than its attempt, and nobody learns from it`() async throws {
        let scene = try Scene()
        var request = TrainingRequest()
        request.logs = [try scene.file("clean", Scene.log(30))]
        let attack = ["a0", "a1"].map { Scene.line($0, [2, 2, 2, 2], label: "dog") }
        request.adversarial = [try scene.file("attack", attack.joined())]
        request.truth = [
            try scene.file(
                "truth",
                Scene.header + "a0,whitebox,pgd,i1,1,1,0,cat,image,4,2.5,0\n"
                    + "a1,whitebox,decoy,i1,,,,dog,other,,,\n"
            )
        ]
        let data = try await TrainingData(request, runtime: nil)
        #expect(data.counts == .init(clean: 30, adversarial: 1, successful: 1))
    }

    @Test func `both halves of a split share no image and no attempt, and leave nothing out`() throws {
        let path = fashion.appending(path: "fashion-dev.truth.csv.gz").path
        let truth = try KnownTruth([path])
        let (train, test) = (Split(.train, seed: 1), Split(.test, seed: 1))
        let entries = Array(truth.entries.values)
        #expect(entries.allSatisfy { train.holds($0.source) != test.holds($0.source) })
        let halves = [train, test].map { half in entries.filter { half.holds($0.source) } }
        #expect(halves.allSatisfy { $0.count > entries.count / 4 })
        let instances = halves.map { Set($0.map(\.instance)).subtracting([""]) }
        #expect(instances[0].isDisjoint(with: instances[1]) && !instances[0].isEmpty)
        #expect(Split(.train, seed: 2).holds("image") == Split(.train, seed: 2).holds("image"))
        #expect(entries.contains { train.holds($0.source) != Split(.train, seed: 2).holds($0.source) })
    }

    @Test func `what is wrong is named by file, line and field`() async throws {
        let scene = try Scene()
        let good = Scene.log(30)
        func problem(_ log: String, _ change: (inout TrainingRequest) throws -> Void = { _ in }) async
            -> String
        {
            do {
                var request = TrainingRequest()
                request.logs = [try scene.file("log", log)]
                try change(&request)
                let data = try await TrainingData(request, runtime: nil)
                return data.notes.joined(separator: "; ")
            } catch {
                return "\(error)"
            }
        }
        let folder = scene.folder.path
        #expect(
            await problem(good + "\n\n" + Scene.line("x", [1, 2, 3], label: "cat"))
                == "\(folder)/log: line 33: features: 3 numbers, but the first record has 4"
        )
        #expect(
            await problem(good + Scene.line("x", [1, 2, .infinity, 4], label: "cat"))
                .hasPrefix("\(folder)/log: line 31: ")
        )
        #expect(await problem(good + "{\n").hasPrefix("\(folder)/log: line 31: invalid_json"))
        #expect(
            await problem(good + Scene.line("x", [1, 2, 3, 4], label: "cat", model: "other"))
                == "\(folder)/log: line 31: model: 'other', but 'm' before; choose one with --model"
        )
        #expect(
            await problem(good) { $0.labels = [try scene.file("labels", "id,label\nr0,cat\nr1,bird\n")] }
                == "\(folder)/labels: line 3: label: 'bird' is none of the classes cat, dog"
        )
        #expect(
            await problem(good) { $0.truth = [try scene.file("truth", "id,scenario\n")] }
                == "\(folder)/truth: line 1: attack: there is no such column"
        )
        #expect(
            await problem(good) {
                $0.truth = [try scene.file("truth", Scene.header + "a,b,c,d,,,,e,f,g,far,h\n")]
            } == "\(folder)/truth: line 2: rms: 'far' is not a number"
        )
        #expect(
            await problem(good) {
                let rows = "a,w,pgd,i,1,0,0,cat,one,0,0,0\nb,w,pgd,i,2,0,0,cat,two,0,0,0\n"
                $0.truth = [try scene.file("truth", Scene.header + rows)]
            } == "\(folder)/truth: line 3: source: 'two', but 'one' for the same instance on line 2"
        )
        #expect(
            await problem(good) {
                $0.split = Split(.train, seed: 1)
            }
                == "\(folder)/log: line 1: id: no truth file has 'r0', which this needs; name its file with --truth"
        )
    }

    @Test func `labels from a file take the place of logged classes`() async throws {
        let scene = try Scene()
        var request = TrainingRequest()
        request.logs = [try scene.file("log", Scene.log(30))]
        request.labels = [try scene.file("labels", "id,label\nr0,dog\n")]
        let data = try await TrainingData(request, runtime: nil)
        #expect(data.examples.labels[0] == 1 && data.examples.served[0] == 0)
    }
}
