/// What kind of second opinion is trained.
package enum Recipe: Hashable, Sendable {
    /// The encoder half of an autoencoder of features, then a new dense net (paper §4.2).
    case encoder(Encoder)
    /// An autoencoder of features, to stand between backbone and head.
    case features(width: Int, code: Int)
    /// An autoencoder of images, to stand before the whole classifier.
    case image(height: Int, width: Int, channels: Int, planes: Int)

    /// The sizes of an encoder and the net on top of it.
    package struct Encoder: Hashable, Sendable {
        /// Features in.
        package let width: Int
        /// Numbers that the encoder makes of them.
        package let code: Int
        /// Numbers in the hidden layer of the net.
        package let hidden: Int
        /// Classes out.
        package let classes: Int
        /// Whether the net's training also changes the encoder.
        package let tunesEncoder: Bool

        /// Sizes.
        package init(width: Int, code: Int, hidden: Int, classes: Int, tunesEncoder: Bool) {
            self.width = width
            self.code = code
            self.hidden = hidden
            self.classes = classes
            self.tunesEncoder = tunesEncoder
        }
    }

    /// One network to train after another.
    struct Phase {
        let name: String
        let network: Network
        let objective: Objective
        /// How many of the first layers stay as the phase before left them.
        var frozenLayers = 0
    }

    /// What is trained, in order.
    var phases: [Phase] {
        switch self {
        case .encoder(let encoder):
            let layers = Self.encoderLayers(encoder.width, encoder.code)
            let classifier =
                layers + [
                    .dense(inputs: encoder.code, outputs: encoder.hidden),
                    .rectifier(count: encoder.hidden),
                    .dense(inputs: encoder.hidden, outputs: encoder.classes),
                ]
            return [
                Phase(
                    name: "autoencoder",
                    network: Self.autoencoder(encoder.width, encoder.code),
                    objective: .reconstruction
                ),
                Phase(
                    name: "classifier",
                    network: Network(classifier),
                    objective: .classification,
                    frozenLayers: encoder.tunesEncoder ? 0 : layers.count
                ),
            ]
        case .features(let width, let code):
            return [
                Phase(
                    name: "autoencoder",
                    network: Self.autoencoder(width, code),
                    objective: .reconstruction
                )
            ]
        case .image(let height, let width, let channels, let planes):
            let network = Self.imageAutoencoder(height, width, channels, planes)
            return [Phase(name: "autoencoder", network: network, objective: .reconstruction)]
        }
    }

    /// The parameters of the layers that the classifier takes over from the autoencoder: its first ones.
    var sharedParameters: Int {
        guard case .encoder(let encoder) = self else { return 0 }
        return Network(Self.encoderLayers(encoder.width, encoder.code)).parameterCount
    }

    /// Whether inputs are standardised before training.
    var standardizes: Bool {
        if case .image = self { false } else { true }
    }

    private static func encoderLayers(_ width: Int, _ code: Int) -> [Layer] {
        let middle = (width + code) / 2
        return [
            .dense(inputs: width, outputs: middle), .rectifier(count: middle),
            .dense(inputs: middle, outputs: code), .rectifier(count: code),
        ]
    }

    private static func autoencoder(_ width: Int, _ code: Int) -> Network {
        let middle = (width + code) / 2
        return Network(
            encoderLayers(width, code) + [
                .dense(inputs: code, outputs: middle), .rectifier(count: middle),
                .dense(inputs: middle, outputs: width),
            ]
        )
    }

    /// Learns what to change of the image.
    ///
    /// Works on half the size where that is a whole number, which costs a quarter.
    private static func imageAutoencoder(_ height: Int, _ width: Int, _ channels: Int, _ planes: Int)
        -> Network
    {
        let halves = height % 2 == 0 && width % 2 == 0
        let (rows, columns) = halves ? (height / 2, width / 2) : (height, width)
        func convolution(_ inputs: Int, _ outputs: Int) -> Layer {
            .convolution(
                Convolution(height: rows, width: columns, inputPlanes: inputs, outputPlanes: outputs)
            )
        }
        let first = Convolution(
            height: height,
            width: width,
            inputPlanes: channels,
            outputPlanes: planes,
            stride: halves ? 2 : 1
        )
        let rectifier = Layer.rectifier(count: planes * rows * columns)
        var layers: [Layer] = [
            .convolution(first), rectifier, convolution(planes, planes), rectifier,
            convolution(planes, planes), rectifier, convolution(planes, halves ? 4 * channels : channels),
        ]
        if halves { layers.append(.depthToSpace(planes: channels, height: rows, width: columns)) }
        return Network(layers, addsInput: true)
    }
}
