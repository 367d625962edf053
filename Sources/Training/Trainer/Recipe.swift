internal import Glibc

/// What kind of second opinion is trained.
package enum Recipe: Hashable, Sendable {
    /// The encoder half of an autoencoder of features, then a new dense net (docs/design/bibliography.md#the-paper,
    /// §4.2).
    case encoder(Encoder)
    /// An autoencoder of features, to stand between backbone and head.
    case features(width: Int, code: Int)
    /// An autoencoder of images, to stand before the whole classifier.
    case image(Image)

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

    /// The sizes of an autoencoder of images.
    package struct Image: Hashable, Sendable {
        /// Rows.
        package let height: Int
        /// Columns.
        package let width: Int
        /// Planes of an image.
        package let channels: Int
        /// Planes of the hidden layers.
        package let planes: Int
        /// Planes of the narrowest layer; 0 for none, where the image is added to what the layers give.
        package let code: Int
        /// The standard deviation, in pixels, of the smoothing in a first layer that does not learn; 0 for no such layer.
        ///
        /// What an attack adds is finer than what classes differ in. An autoencoder that does not see the finest, and
        /// learns what clean images need in its place, is a long way ahead of one that starts as the identity.
        package let smoothing: Float

        /// Sizes.
        package init(height: Int, width: Int, channels: Int, planes: Int, code: Int, smoothing: Float) {
            self.height = height
            self.width = width
            self.channels = channels
            self.planes = planes
            self.code = code
            self.smoothing = smoothing
        }
    }

    /// One network to train after another.
    struct Phase {
        let name: String
        let network: Network
        let objective: Objective
        /// How many of the first layers stay as they are given, by the phase before or as `start`.
        var frozenLayers = 0
        /// The first parameters to start with, where they are not random.
        var start: [Float] = []
    }

    /// What is trained, in order.
    ///
    /// - Parameter guide: follows an autoencoder that stands before a classifier.
    /// - Returns: one network after another.
    func phases(_ guide: Objective.Guide?) -> [Phase] {
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
                    objective: .reconstruction(nil)
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
                    objective: .reconstruction(guide)
                )
            ]
        case .image(let image):
            return [
                Phase(
                    name: "autoencoder",
                    network: Self.imageAutoencoder(image),
                    objective: .reconstruction(guide),
                    frozenLayers: image.smoothing > 0 ? 1 : 0,
                    start: image.smoothing > 0 ? Self.smoothing(image).kernel : []
                )
            ]
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

    /// Works on half the size where that is a whole number, which costs a quarter.
    ///
    /// Squeezed through `code` planes it gives a smoother image back; without, it learns what to change of the image.
    private static func imageAutoencoder(_ image: Image) -> Network {
        let halves = image.height % 2 == 0 && image.width % 2 == 0
        let rows = halves ? image.height / 2 : image.height
        let columns = halves ? image.width / 2 : image.width
        let planes = image.planes
        func convolution(_ inputs: Int, _ outputs: Int) -> Layer {
            .convolution(
                Convolution(height: rows, width: columns, inputPlanes: inputs, outputPlanes: outputs)
            )
        }
        let first = Convolution(
            height: image.height,
            width: image.width,
            inputPlanes: image.channels,
            outputPlanes: planes,
            stride: halves ? 2 : 1
        )
        let rectifier = Layer.rectifier(count: planes * rows * columns)
        let smoothing: [Layer] = image.smoothing > 0 ? [.convolution(Self.smoothing(image).layer)] : []
        var layers = smoothing + [.convolution(first), rectifier]
        if image.code > 0 {
            layers += [convolution(planes, image.code), convolution(image.code, planes), rectifier]
        } else {
            layers += [convolution(planes, planes), rectifier]
        }
        layers += [
            convolution(planes, planes), rectifier,
            convolution(planes, halves ? 4 * image.channels : image.channels),
        ]
        if halves { layers.append(.depthToSpace(planes: image.channels, height: rows, width: columns)) }
        return Network(layers, shortcut: image.code == 0 ? smoothing.count : nil)
    }

    /// A layer that smooths each plane of an image by itself, and its parameters: a Gaussian of 5 × 5 places.
    private static func smoothing(_ image: Image) -> (layer: Convolution, kernel: [Float]) {
        let (reach, side) = (2, 5)
        func axis(_ size: Int) -> WindowAxis {
            WindowAxis(size: size, window: side, stride: 1, before: reach, after: reach)
        }
        let layer = Convolution(
            rows: axis(image.height),
            columns: axis(image.width),
            inputPlanes: image.channels,
            outputPlanes: image.channels
        )
        let line = (-reach...reach).map { exp(-Float($0 * $0) / (2 * image.smoothing * image.smoothing)) }
        let sum = line.reduce(0, +)
        let window = line.flatMap { row in line.map { row * $0 / (sum * sum) } }
        let empty = [Float](repeating: 0, count: window.count)
        let kernel = (0..<image.channels).flatMap { output in
            (0..<image.channels).flatMap { $0 == output ? window : empty }
        }
        return (layer, kernel + [Float](repeating: 0, count: image.channels))
    }
}
