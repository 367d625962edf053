"""A riskd of one's own: private state, a log that grows while a recorded trace is played into it."""

import datetime
import http.server
import json
import lzma
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "Tests/Fixtures/fashion"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stamp(time):
    """RFC 3339 in UTC with milliseconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"


class Receiver(http.server.ThreadingHTTPServer):
    """Takes every message, and keeps what it says."""

    daemon_threads = True

    def __init__(self):
        self.messages = []
        super().__init__(("127.0.0.1", 0), self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.server.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass


class Riskd:
    """Calibrates, runs, and plays; `stop()` ends what was started and removes what was written."""

    def __init__(self, program):
        self.program = str(program)
        # Under /tmp: root's PostgreSQL runs as another account and must reach it.
        self.folder = tempfile.TemporaryDirectory(prefix="riskd-dashboard-")
        self.path = pathlib.Path(self.folder.name)
        self.path.chmod(0o755)
        self.origin = f"http://127.0.0.1:{free_port()}"
        self.config = self.path / "riskd.yaml"
        self.log = self.path / "inference.ndjson"
        self.log.touch()
        self.children = []
        self.receiver = Receiver()
        # One that is well, and one where nobody listens.
        soc, spare = self.receiver.server_address[1], free_port()
        local = "signing: none, allow_http: true, allow_networks: [127.0.0.0/8]"
        self.config.write_text(
            f"""state_directory: {self.path}/state
ingest:
  paths: [{self.log}]
log: {{level: warning}}
http: {{listen: '127.0.0.1:{free_port()}'}}
api: {{listen: '{self.origin.removeprefix("http://")}', socket: '{self.path}/api.sock', requests_per_minute: 100000}}
# Shorter than the defaults, because the trace is played faster than it happened; and alerts from medium on.
scoring: {{tick: 1s, lateness: 1s}}
alerting:
  minimum_level: medium
  endpoints:
    - {{name: soc, url: 'http://127.0.0.1:{soc}/hook', {local}, allow_ports: [{soc}]}}
    - {{name: spare, url: 'http://127.0.0.1:{spare}/hook', {local}, allow_ports: [{spare}], minimum_level: critical}}
"""
        )

    def command(self, *arguments):
        done = subprocess.run(
            [self.program, *arguments, "--config", str(self.config)], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise RuntimeError(f"riskd {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
        return done.stdout

    def start(self):
        self.command("calibrate", "build", "--log", str(self.recent("fashion-calibration")))
        self.daemon = self.spawn("run", "--config", str(self.config))
        deadline = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(self.origin + "/livez", timeout=2).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.daemon.poll() is not None:
                    raise RuntimeError("riskd run does not answer") from None
                time.sleep(0.2)

    def recent(self, name):
        """A recorded log as if it ended an hour ago: calibrations older than 90 days are expired."""
        with lzma.open(FIXTURE / f"{name}.ndjson.xz", "rt") as file:
            records = [json.loads(line) for line in file]
        parse = lambda record: datetime.datetime.fromisoformat(record["time"].replace("Z", "+00:00"))
        shift = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1) - parse(records[-1])
        path = self.path / f"{name}.ndjson"
        with path.open("w") as file:
            for record in records:
                file.write(json.dumps(record | {"time": stamp(parse(record) + shift)}) + "\n")
        return path

    def ask_as(self, user):
        """One more query, by somebody new, now."""
        with lzma.open(FIXTURE / "fashion-dev.ndjson.xz", "rt") as file:
            record = json.loads(file.readline())
        now = datetime.datetime.now(datetime.timezone.utc)
        with self.log.open("a") as file:
            file.write(json.dumps(record | {"id": f"extra-{now.timestamp()}", "user": user, "time": stamp(now)}) + "\n")

    def spawn(self, *arguments):
        child = subprocess.Popen([self.program, *arguments], stdout=subprocess.DEVNULL)
        self.children.append(child)
        return child

    def play(self, speed):
        return self.spawn(
            "play", str(FIXTURE / "fashion-dev.ndjson.xz"), "--to", str(self.log), "--speed", str(speed)
        )

    def token(self, name, *roles):
        """A new token, and a one-time login link."""
        flags = [word for role in roles for word in ("--role", role)]
        words = ["--socket", str(self.path / "api.sock"), "token", "create", name, *flags, "--link"]
        done = subprocess.run(
            [pathlib.Path(self.program).with_name("riskctl"), *words], capture_output=True, text=True, check=True
        )
        token, link = done.stdout.split()
        return token, link

    def get(self, path, token):
        """What the API answers: its JSON."""
        request = urllib.request.Request(self.origin + path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def status(self, path, token):
        """With which status the API answers."""
        try:
            self.get(path, token)
            return 200
        except urllib.error.HTTPError as error:
            return error.code

    def until(self, path, token, seconds=30):
        """Waits until the API knows something."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.get(path, token)
            except urllib.error.HTTPError as error:
                if error.code != 404 or time.monotonic() > deadline:
                    raise
            time.sleep(0.5)

    def headers(self, path):
        """Status and headers of an address that needs no token."""
        try:
            with urllib.request.urlopen(self.origin + path, timeout=10) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def freeze(self):
        self.daemon.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.daemon.send_signal(signal.SIGCONT)

    def stop(self):
        for child in reversed(self.children):
            if child.poll() is None:
                child.send_signal(signal.SIGCONT)
                child.terminate()
                try:
                    child.wait(30)
                except subprocess.TimeoutExpired:
                    child.kill()
        self.receiver.shutdown()
        self.folder.cleanup()
