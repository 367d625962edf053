import Configuration
import Console
import Domain
import Glibc
import Pipeline
import Scoring
import Storage

extension Command {
    static let calibrateActivate = Command(
        "activate",
        "Put a calibration in force that passed its last verification",
        discussion: """
            In force from the next start of riskd run or replay on, or when a running one gets SIGHUP: ticks that hold \
            records by then are closed by the old calibration first. Refused for a calibration that was never verified or \
            whose last verification failed, unless --force is given with a reason, which is recorded with who asked.
            """,
        arguments: [Argument("CALIBRATION", "Its id, or the begin of it")],
        flags: [
            .config, .set,
            Flag("force", "Although no verification passed; needs --reason"),
            Flag("reason", value: "TEXT", "Why; recorded"),
        ]
    ) { invocation in
        let reason = invocation.value("reason") ?? ""
        guard !invocation.has("force") || !reason.isEmpty else {
            throw UsageError("--force needs --reason TEXT, which is recorded")
        }
        return try await invocation.withStore { store, _ in
            let named = try await store.named(invocation.arguments[0])
            let calibration = named.calibration
            guard calibration.owner == nil else {
                throw UsageError(
                    "a user's own baseline comes into force by itself; see riskd calibrate relearn"
                )
            }
            let last = try await store.checks(of: named.id).first
            let hasPassed = last?.check.hasPassed == true
            guard hasPassed || invocation.has("force") else {
                let why = last == nil ? "was never verified" : "did not pass its last verification"
                invocation.terminal.writeError(
                    "\(named.id) \(why): riskd calibrate verify, or --force --reason TEXT"
                )
                return .error
            }
            try await store.activate(
                CalibrationActivation(
                    model: calibration.model,
                    stratum: calibration.stratum,
                    calibration: named.id,
                    actor: operatorName(),
                    isForced: !hasPassed,
                    reason: reason
                )
            )
            let title = Command.title(calibration.model, calibration.stratum)
            invocation.terminal.writeLine(
                "\(title): \(named.id) is in force from the next start or SIGHUP on"
            )
            return .ok
        }
    }

    static let calibrateRelearn = Command(
        "relearn",
        "Have a user's own baseline learnt anew, from now on",
        discussion: """
            The user is judged as others are, from the next day of event time on, until enough queries after the last scored \
            record are accepted as benign (calibration.own_after). Recorded with who asked and why.
            """,
        arguments: [Argument("USER", "user:MODEL/USER, or a user's name that only one model has")],
        flags: [.config, .set, Flag("reason", value: "TEXT", "Why; recorded")]
    ) { invocation in
        guard let reason = invocation.value("reason"), !reason.isEmpty else {
            throw UsageError("expected --reason TEXT, which is recorded")
        }
        return try await invocation.withStore { store, _ in
            let user = try await store.entity(named: invocation.arguments[0])
            guard user.user != nil else { throw UsageError("\(user) is no user") }
            let state = try await store.loadState()
            guard let since = state.watermark else {
                invocation.terminal.writeError("nothing has been scored yet")
                return .error
            }
            try await store.relearn(user, since: since, actor: operatorName(), reason: reason)
            invocation.terminal.writeLine("\(user): queries since \(since) count for a new own baseline")
            return .ok
        }
    }
}

/// Who runs this command: the account, and who became it.
func operatorName() -> String {
    let account =
        getpwuid(getuid()).flatMap { String(validatingCString: $0.pointee.pw_name) } ?? "uid \(getuid())"
    guard let original = getenv("SUDO_USER").flatMap({ String(validatingCString: $0) }), original != account
    else { return account }
    return "\(original) as \(account)"
}
