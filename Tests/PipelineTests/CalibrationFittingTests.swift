import Domain
import Scoring
import Testing

@testable import Pipeline

@Suite struct CalibrationFittingTests {
    private let names = ["opinion.a", "opinion.ab", "similarity.model.crowding", "similarity.user.crowding"]
    private let setup = "similarity metric=ssim; opinion a sha256=1; opinion ab sha256=2"

    @Test func `a calibration of the same set-up is used as it is`() throws {
        let built = try calibration(names, setup: setup)
        let fitting = try built.fitting(setup)
        #expect(fitting.calibration == built && fitting.unfit.isEmpty)
    }

    @Test func `a new model of one opinion leaves the other detectors calibrated`() throws {
        let built = try calibration(names, setup: setup)
        let fitting = try built.fitting("similarity metric=ssim; opinion a sha256=3; opinion ab sha256=2")
        #expect(fitting.unfit == [DetectorID("opinion.a")])
        let part = try #require(fitting.calibration)
        #expect(part.detectors == built.detectors.filter { $0.detector.name != "opinion.a" })
        #expect(part.detectorConfiguration == "similarity metric=ssim; opinion ab sha256=2")
        // It is an artefact like any other.
        #expect(try Calibration(artefact: part.artefact()) == part)
        // An opinion that is not configured any more is left out as well; a new one changes nothing.
        #expect(try built.fitting("similarity metric=ssim; opinion ab sha256=2").calibration == part)
        #expect(try built.fitting(setup + "; opinion new sha256=9").unfit.isEmpty)
    }

    @Test func `campaigns need their own settings and those of similarity`() throws {
        let built = try calibration(
            ["similarity.campaign.fall", "similarity.user.crowding"],
            setup: "similarity metric=ssim; campaigns gap=1"
        )
        #expect(
            try built.fitting("similarity metric=ssim; campaigns gap=2").unfit.map(\.name)
                == ["similarity.campaign.fall"]
        )
        #expect(try built.fitting("similarity metric=mse; campaigns gap=1").calibration == nil)
        // One that was built before there were campaigns is whole.
        let old = try calibration(["similarity.user.crowding"], setup: "similarity metric=ssim")
        let fitting = try old.fitting("similarity metric=ssim; campaigns gap=1")
        #expect(fitting.calibration == old && fitting.unfit.isEmpty)
    }

    @Test func `another metric leaves the opinions calibrated, and nothing of nothing is nothing`() throws {
        let built = try calibration(names, setup: setup)
        let other = try built.fitting("similarity metric=mse; opinion a sha256=1; opinion ab sha256=2")
        #expect(other.calibration?.detectors.map(\.detector.name) == ["opinion.a", "opinion.ab"])
        #expect(other.unfit.map(\.name) == ["similarity.model.crowding", "similarity.user.crowding"])
        let none = try built.fitting("similarity metric=mse")
        #expect(none.calibration == nil && none.unfit.map(\.name) == names)
    }
}
