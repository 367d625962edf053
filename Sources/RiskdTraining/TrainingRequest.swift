package import Domain

/// Which records a second opinion is trained on, and how they count.
package struct TrainingRequest: Sendable {
    /// What the network is fed.
    package enum Input: Hashable, Sendable {
        /// The features that records log.
        case features
        /// What this ONNX model makes of the images.
        case backbone(String)
        /// The images.
        case image
    }

    /// Logs of ordinary users; records that the truth calls an attack are left out.
    package var logs: [String] = []
    /// Logs that hold adversarial records, which the truth must tell.
    package var adversarial: [String] = []
    /// Truth files.
    package var truth: [String] = []
    /// Files that give clean records another label than the logged class.
    package var labels: [String] = []
    /// The one model whose records are used; nil where the logs hold only one.
    package var model: ModelID?
    /// The classes in the model's order; nil to find them in the logs.
    package var classes: [String]?
    /// The half that is used; nil for everything.
    package var split: Split?
    /// What the network is fed.
    package var input = Input.features
    /// How much a successful adversarial record counts; 1 is as much as a clean one.
    package var adversarialWeight: Float = 10
    /// The largest distance of an adversarial record from its image, in grey levels (root mean square).
    package var reach = 25.5
    /// The share of images that judge instead of teaching, 0 … 1.
    package var validationShare = 0.15
    /// Decides which images judge.
    package var seed: UInt64 = 1
    /// Threads that compute features.
    package var workers = 1

    /// Adversarial images that are made for the training; nil for none.
    package var crafting: Crafting?

    /// How adversarial images are made of clean ones.
    package struct Crafting: Hashable, Sendable {
        /// The served model, whose graph must be simple enough for its slopes to be known.
        package var classifier: String
        /// Attempts for each clean image.
        package var attempts: Int
        /// Variations of each clean image as ordinary use has them, which the served model is asked about.
        package var variations: Int
        /// The largest change of a pixel, in grey levels.
        package var size: Float
        /// How much a crafted example counts where it is successful; 1 is as much as a clean one.
        package var weight: Float

        /// So many attempts an image on a classifier.
        package init(classifier: String, attempts: Int, variations: Int, size: Float, weight: Float) {
            self.classifier = classifier
            self.attempts = attempts
            self.variations = variations
            self.size = size
            self.weight = weight
        }
    }

    /// Nothing yet.
    package init() {}
}
