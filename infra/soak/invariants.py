"""What must hold of a data folder at rest, checked with none of the pipeline's code."""

import collections
import glob
import json
import os

import music

# What the router and its stores keep beside the buckets.
KNOWN = {"buckets", "logs", "queues", "router.lock", "tables.sqlite", "executions.sqlite", "clock"}
BUCKETS = {"rds.data", "trial.data", "warehouse.bucket", ".staging"}
# Of violations of one kind, how many are named.
NAMED = 5


class Violations:
    """What does not hold, counted by kind, the first of each kind by name."""

    def __init__(self):
        self.found = collections.defaultdict(list)

    def add(self, kind, detail):
        self.found[kind].append(detail)

    def lines(self):
        return [
            f"{len(details)} x {kind}: {'; '.join(details[:NAMED])}{' ...' if len(details) > NAMED else ''}"
            for kind, details in sorted(self.found.items())]


def violations(router, songs, files):
    """Holds the folder of a router that rests against the files it was given, a dictionary of contents by name.

    Returns lines that name what does not hold; none when all does.
    """
    found = Violations()
    kpis = music.PlainKPIs(songs)
    places = places_of(router.data)
    tracked = {
        (item["pk"], item["sk"]): item["status"] for item in items(router, "kpi.table_file_tracker")}
    for name, content in files.items():
        version = music.digest(content)
        here = places.pop((name, version), [])
        status = tracked.pop((f"FILE#rds.data/streams/{name}", version), None)
        if len(here) != 1:
            found.add("file not in exactly one place", f"{name} in {here}")
            continue
        good = music.is_good(content)
        if here[0] != ("archive" if good else "quarantine"):
            found.add("file in the wrong place", f"{name} in {here[0]}")
        if status != ("PROCESSED" if good else "QUARANTINED"):
            found.add("tracker and place disagree", f"{name}: {status} in {here[0]}")
        if here[0] == "archive":
            kpis.add(content)
    for (name, version), here in places.items():
        found.add("file that nobody dropped", f"{name} {version} in {here}")
    for key, status in tracked.items():
        found.add("tracked file that nobody dropped", f"{key} {status}")
    check_items(router, kpis, found)
    check_parquet(router.data, kpis, found)
    check_store(router, found)
    for name in os.listdir(router.data):
        if not any(name == known or name.startswith(f"{known}-") for known in KNOWN):
            found.add("stray file", name)
    for name in os.listdir(f"{router.data}/buckets"):
        if name not in BUCKETS:
            found.add("stray file", f"buckets/{name}")
    return found.lines()


def places_of(data):
    """Where each file version is, by name and MD5."""
    places = collections.defaultdict(list)
    folders = {
        "streams": f"{data}/buckets/rds.data/streams", "archive": f"{data}/buckets/rds.data/archive/streams",
        "quarantine": f"{data}/buckets/warehouse.bucket/quarantine/streams"}
    for place, folder in folders.items():
        for path in glob.glob(f"{folder}/*.csv"):
            with open(path) as file:
                places[os.path.basename(path), music.digest(file.read())].append(place)
    return places


def items(router, table):
    """The items of a table, as plain values."""
    return [plain({"M": json.loads(text)}) for text, in router.rows("tables", f'SELECT item FROM "{table}"')]


def plain(typed):
    """A value out of DynamoDB's typed JSON."""
    (tag, value), = typed.items()
    if tag == "M":
        return {name: plain(member) for name, member in value.items()}
    if tag == "L":
        return [plain(member) for member in value]
    return float(value) if tag == "N" else value


def check_items(router, kpis, found):
    expected = kpis.items()
    there, merges = {}, collections.defaultdict(set)
    for item in items(router, "kpi.table"):
        if "songs" in item:
            value = [(song["track_id"], song["listen_count"]) for song in item["songs"]]
        elif "genres" in item:
            value = [(genre["genre"], genre["listen_count"]) for genre in item["genres"]]
        else:
            value = tuple(item[name] for name in (
                "listen_count", "unique_listeners", "total_listening_time", "avg_listening_time_per_user"))
        there[item["pk"], item["sk"]] = value
        day = (item["pk"] if item["sk"] == "TOP_GENRES" else item["sk"]).partition("#")[2]
        merges[day].add((item["partials"], item["partials_digest"]))
    for key in sorted(expected.keys() | there.keys()):
        if expected.get(key) != there.get(key):
            found.add("KPI item differs", f"{key} is {there.get(key)}, the files give {expected.get(key)}")
    for day, versions in merges.items():
        if len(versions) > 1:
            found.add("items of one day from different merges", f"{day}: {len(versions)}")


def check_parquet(data, kpis, found):
    try:
        import pyarrow.compute
        import pyarrow.parquet
    except ImportError:
        print("NOT RUN: the rows in Parquet were not looked at: there is no pyarrow here (infra/setup/test-peers)")
        return
    there = collections.Counter()
    for path in glob.glob(f"{data}/buckets/trial.data/processed/date=*/*.parquet"):
        # As a file: of a path pyarrow would take the folder's name for a column.
        with open(path, "rb") as file:
            table = pyarrow.parquet.read_table(file, columns=["user_id", "track_id", "timestamp", "genre"])
        times = pyarrow.compute.strftime(table["timestamp"].cast("timestamp[s]"), "%Y-%m-%d %H:%M:%S")
        there.update(zip(*(column.to_pylist() for column in (
            table["user_id"], table["track_id"], times, table["genre"]))))
    for row, count in (kpis.rows - there).items():
        found.add("row lost from Parquet", f"{row} x {count}")
    for row, count in (there - kpis.rows).items():
        found.add("row too often in Parquet", f"{row} x {count}")


def check_store(router, found):
    for table, condition in (("executions", "status = 'RUNNING'"), ("deliveries", "1")):
        count = router.rows("executions", f"SELECT count(*) FROM {table} WHERE {condition}")[0][0]
        if count:
            found.add("work that was never ended", f"{count} {table}")
    for database in ("executions", "tables"):
        verdict = router.rows(database, "PRAGMA integrity_check")[0][0]
        if verdict != "ok":
            found.add("damaged database", f"{database}: {verdict}")
