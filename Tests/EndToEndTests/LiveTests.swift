import Testing

/// Everything that follows growing logs with `riskd run`; one after the other, for they load the machine.
///
/// The shortest of nested limits holds, so the nightly kills must be let through here.
@Suite(.serialized, .timeLimit(.minutes(killsOfDelivery > 8 ? 60 : 3)))
enum LiveTests {}

/// Everything that replays recorded logs, and what is asked of the database afterwards.
@Suite(.serialized, .timeLimit(.minutes(3)))
enum RecordedTests {}
