"""The router as a process: started, asked, measured, killed. What the programs beside this file share."""

import atexit
import glob
import json
import os
import re
import select
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TURNTABLE = f"{ROOT}/.build/release/turntable"
TEMPLATE = f"{ROOT}/infra/template.yaml"
# What the raw bucket's folder is called in the template.
STREAMS = "buckets/rds.data/streams"
# How long a start, a kill or an answer may take before it counts as never.
PATIENCE = 60


class Refused(Exception):
    """A router that ended instead of being ready, with what it said."""


def number(variable, default):
    """A count from the environment, so that a short run can be tried."""
    return int(os.environ.get(variable, default))


def write(path, content):
    """Writes a text file, and makes its folder."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(content)


def milliseconds(seconds):
    """`median 21 ms, at most 40 ms of 300`, of a list of seconds."""
    return f"median {statistics.median(seconds) * 1e3:.0f} ms, at most {max(seconds) * 1e3:.0f} ms of {len(seconds)}"


def is_alive(pid):
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Router:
    """`turntable serve` on a data folder; at most one process at a time."""

    def __init__(self, data, log, options=(), template=TEMPLATE):
        self.data, self.log, self.options, self.template = data, log, list(options), template
        self.process, self.endpoint = None, None
        # Seconds from each start to being ready.
        self.starts = []
        atexit.register(self.abandon)

    def abandon(self):
        """Leaves no process behind when the program itself fails."""
        if self.process is not None:
            self.process.kill()

    def launch(self):
        """Starts the process and does not wait for it."""
        self.launched = time.monotonic()
        with open(self.log, "ab") as log:
            self.said_before = log.tell()
            self.process = subprocess.Popen(
                [TURNTABLE, "serve", "--port", "0", "--data", self.data, "--template", self.template,
                 *self.options],
                stdout=subprocess.PIPE, stderr=log, start_new_session=True)

    def wait_until_ready(self):
        """Returns the seconds from the start of the process to its being ready."""
        # A line that is not there by then never comes: the empty one fails below.
        said = select.select([self.process.stdout], [], [], PATIENCE)[0]
        line = self.process.stdout.readline().decode() if said else ""
        took = time.monotonic() - self.launched
        match = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+)\n", line)
        if not match:
            if not said:
                self.process.kill()
            status = self.process.wait(PATIENCE)
            self.process.stdout.close()
            self.process = None
            with open(self.log, errors="replace") as log:
                log.seek(self.said_before)
                raise Refused(f"status {status}: {log.read().strip()}")
        self.endpoint = match[1]
        self.starts.append(took)
        return took

    def start(self):
        self.launch()
        return self.wait_until_ready()

    def ask(self, path, body=None, timeout=PATIENCE):
        request = urllib.request.Request(self.endpoint + path, None if body is None else json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)

    def counts(self):
        """Executions by status."""
        return self.ask("/_turntable/status")["executions"]

    def handlers(self):
        """Ids of the function processes that run now."""
        found = []
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/children"):
            try:
                with open(path) as file:
                    found += [int(word) for word in file.read().split()]
            except (FileNotFoundError, ProcessLookupError):
                pass
        return found

    def resident(self):
        """MB that the router itself occupies."""
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6

    def peak(self):
        """MB that the router itself has occupied at most."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) * 1024 / 1e6

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def kill(self):
        """Ends the router as a crash would, and its handlers with it, as the kernel has promised."""
        handlers = self.handlers()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.process = None
        deadline = time.monotonic() + PATIENCE
        while left := [pid for pid in handlers if is_alive(pid)]:
            if time.monotonic() > deadline:
                raise AssertionError(f"handlers live on without their router: {left}")
            time.sleep(0.001)

    def stop(self):
        """Ends the router as a person would."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.process = None
        if status != 0:
            raise AssertionError(f"the router was told to stop and ended with status {status}; see {self.log}")

    # What it has written down, read while it runs.

    def rows(self, database, sql, *values):
        connection = sqlite3.connect(f"file:{self.data}/{database}.sqlite?mode=ro", uri=True, timeout=PATIENCE)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def pending(self):
        """How many executions run and deliveries wait, by the store."""
        return self.rows(
            "executions",
            "SELECT (SELECT count(*) FROM executions WHERE status = 'RUNNING') + (SELECT count(*) FROM deliveries)")[0][0]

    def waiting_files(self):
        return sorted(os.listdir(f"{self.data}/{STREAMS}"))

    def failures(self):
        """File names with the error and cause of executions that failed, but for those of invalid files."""
        found = []
        for input, error, cause in self.rows(
                "executions",
                "SELECT input, error, cause FROM executions WHERE status NOT IN ('RUNNING', 'SUCCEEDED') ORDER BY id"):
            if error != "ValidationFailed":
                found.append((os.path.basename(json.loads(input)["detail"]["object"]["key"]), error, cause))
        return found

    def settle(self, limit):
        """Waits until nothing runs and nothing waits; files stay only where an execution has failed on them."""
        deadline = time.monotonic() + limit
        quiet = 0
        while quiet < 3:
            time.sleep(0.3)
            waiting = set(self.waiting_files())
            is_quiet = self.pending() == 0 and waiting <= {name for name, _, _ in self.failures()}
            quiet = quiet + 1 if is_quiet else 0
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"not settled after {limit} s: {self.pending()} executions and deliveries, "
                    f"{len(waiting)} files wait: {sorted(waiting)[:5]}")

    def put(self, key, path):
        """Puts a file in as a person would."""
        subprocess.run(
            [TURNTABLE, "put", "rds.data", key, path, "--data", self.data], check=True, stdout=subprocess.DEVNULL)


class Workplace:
    """A temporary folder for one program, removed when all was well and kept, with its name said, when not."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix=f"turntable-{self.name}-")
        self.is_mounted = False
        return self

    def mount(self, folder, megabytes):
        """A disk of its own at `folder`; says so and returns False where this user may not."""
        os.makedirs(folder)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], capture_output=True, text=True)
        if mounted.returncode != 0:
            print(f"{self.name}: NOT RUN: filling the disk, for which a disk of its own must be mounted: "
                  f"{mounted.stderr.strip()}")
            return False
        self.is_mounted, self.mounted = True, folder
        return True

    def __exit__(self, kind, error, trace):
        if kind is not None:
            print(f"{self.name}: FAILED: {error if kind is AssertionError else repr(error)}\n"
                  f"{self.name}: the data is kept in {self.path}{', a mount' if self.is_mounted else ''}", file=sys.stderr)
            if kind is AssertionError:
                sys.exit(1)
            return False
        if self.is_mounted:
            subprocess.run(["umount", "-l", self.mounted], check=True)
        shutil.rmtree(self.path)


def require(conditions):
    """Fails with all that is not so: a list of pairs of a condition and what is wrong without it."""
    wrong = [text for holds, text in conditions if not holds]
    if wrong:
        raise AssertionError("\n  ".join(["what must hold does not:"] + wrong))
