import Configuration
import Console
import Domain
import RiskdTraining
import Training

extension Command {
    /// `riskd train`: second opinions from logs.
    static let train = Command(
        "train",
        "Train a second opinion on a served model from its own logs",
        commands: [trainEncoder, trainAutoencoder]
    )

    private static let trainEncoder = Command(
        "encoder",
        "Train an encoder of features with a new dense net on top",
        discussion: """
            Trains an autoencoder on the logged features (or those that --backbone computes from logged images), takes its \
            encoder, and trains a new dense net on the encoder's output against the logged classes. The result is a plain \
            ONNX file that takes features and gives probabilities, and a model card beside it.
            Adversarial records (--adversarial, with their truth) join with the class of the image that they came from; what \
            an attack added to one record's features is also added to others of the same class (--displace).
            \(shared)
            """,
        arguments: [log],
        flags: data + [
            Flag(
                "backbone",
                value: "FILE",
                "ONNX model that computes features from images; not needed if logged"
            ),
            Flag("classifier", value: "FILE", "With --craft: the original's ONNX file"),
            Flag(
                "code",
                value: "COUNT",
                "Numbers that the encoder makes of the features; half, but at most 128, unless given"
            ),
            Flag("hidden", value: "COUNT", "Numbers in the net's hidden layer; 64 unless given"),
            Flag("freeze", "With --adversarial: do not let the net's training change the encoder"),
        ] + steps
    ) { invocation in
        try await TrainingCommand(invocation).trainEncoder()
    }

    private static let trainAutoencoder = Command(
        "autoencoder",
        "Train an autoencoder that stands before the original classifier or its head",
        discussion: """
            With --at initial the autoencoder takes the image, changes what an attack may have added, and hands it to the \
            original classifier. With --at middle it takes the features, and hands them to the original head: name the \
            head's ONNX file, or that of the whole classifier with the tensor at which features stand (--cut). The result \
            is one plain ONNX file with the original's weights inside, and a model card beside it. It learns to give back \
            clean inputs from noisy ones (--noise) and, with --adversarial, from attacked ones.
            \(shared)
            """,
        arguments: [log],
        flags: [
            Flag(
                "at",
                "Where it stands: before the classifier, or between backbone and head",
                choices: ["initial", "middle"]
            ),
            Flag(
                "classifier",
                value: "FILE",
                "The original's ONNX file: all of it, or with --at middle its head"
            ),
            Flag(
                "cut",
                value: "TENSOR",
                "With --at middle and the whole classifier: the name of its features"
            ),
            Flag(
                "backbone",
                value: "FILE",
                "With --at middle: computes features from images; not needed if logged"
            ),
            Flag(
                "code",
                value: "COUNT",
                "Numbers in the narrowest layer (middle; half, but at most 128, unless given), or planes (initial; 0, for none)"
            ),
            Flag(
                "guide",
                value: "NUMBER",
                "What the classifier's answer to a reconstruction counts beside the squared error; 0 unless given"
            ),
            Flag("planes", value: "COUNT", "With --at initial: planes of the hidden layers; 24 unless given"),
            Flag(
                "smooth",
                value: "PIXELS",
                "With --at initial: deviation of the smoothing that images pass first; 0.7 unless given, 0 for none"
            ),
        ] + data + steps
    ) { invocation in
        try await TrainingCommand(invocation).trainAutoencoder()
    }

    private static let log = Argument(
        "LOG",
        "A log of ordinary users; attacks that the truth names are left out",
        count: 1...1000
    )

    private static let shared = """
        The same records, settings and seed give the same bytes on the same kind of processor. Ctrl-C keeps the best so \
        far and a checkpoint, from which --resume goes on.
        """

    private static let data =
        [
            Flag("out", value: "FILE", "The ONNX file to write"),
            Flag("model", value: "NAME", "Use this model's records only"),
            Flag(
                "classes",
                value: "NAMES",
                "The classes in the model's order, separated by commas; found in the logs unless given"
            ),
            Flag("truth", value: "FILE", "Who was really what: CSV, also .gz or .xz", isRepeatable: true),
            Flag(
                "labels",
                value: "FILE",
                "Labels of clean records in place of logged classes: CSV with id and label",
                isRepeatable: true
            ),
            Flag(
                "adversarial",
                value: "FILE",
                "A log whose adversarial records join; needs --truth",
                isRepeatable: true
            ),
            Flag(
                "adversarial-weight",
                value: "NUMBER",
                "How much a successful adversarial record counts; 10 unless given"
            ),
            Flag(
                "craft",
                value: "COUNT",
                "Adversarial examples to make of each clean image by attacking --classifier; 0 unless given"
            ),
            Flag(
                "vary",
                value: "COUNT",
                "With --craft: ordinary variations of each clean image to ask the classifier about; as many unless given"
            ),
            Flag(
                "craft-size",
                value: "NUMBER",
                "The largest change of a pixel in crafted images, in grey levels; 16 unless given"
            ),
            Flag(
                "craft-weight",
                value: "NUMBER",
                "How much a successful crafted example counts; 1 unless given"
            ),
            Flag(
                "displace",
                value: "SHARE",
                "Clean records that get another's attack added each time; 0.7 unless given"
            ),
            Flag(
                "noise",
                value: "NUMBER",
                "Noise to add: in deviations of a feature (0 unless given), or grey levels of a pixel (16)"
            ),
        ] + splitFlags

    private static let steps = [
        Flag("seed", value: "NUMBER", "Decides every random choice; 1 unless given"),
        Flag("rate", value: "NUMBER", "The step size at the start; 0.002 unless given"),
        Flag("epochs", value: "COUNT", "The most passes over the records for each network; 40 unless given"),
        Flag(
            "clean-disagreement",
            value: "SHARE",
            "The budget: the largest share of clean validation records that may get another class, such as 0.05"
        ),
        Flag(
            "patience",
            value: "COUNT",
            "Passes without a better validation loss before stopping; 8 unless given"
        ),
        Flag("resume", "Go on from the checkpoint that an interrupted training left"),
        .config, .set,
    ]

    /// `--split` and `--split-seed`.
    static let splitFlags = [
        Flag(
            "split",
            "Use one half only, by the truth's source image, so that no image or attempt is in both",
            choices: Split.Side.allCases.map(\.rawValue)
        ),
        Flag("split-seed", value: "NUMBER", "Another number gives other halves; 1 unless given"),
    ]
}
