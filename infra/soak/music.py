"""Stream files for the soak programs, and the pipeline's numbers worked out from their text in the plainest way.

Nothing of it is the pipeline's code: what is held against the tables and Parquet comes from the files alone.
"""

import collections
import csv
import hashlib
import io
import random

HEADER = ["user_id", "track_id", "listen_time"]
GENRES = ["ambient", "blues", "bossa nova", "disco", "jazz", "r&b", "rock", "techno"]
# A file with a larger share of bad rows is quarantined.
BAD_PERCENT = 5


def text(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


class World:
    """References, and stream files that all come from one seed."""

    def __init__(self, seed, tracks=60, users=40):
        self.random = random.Random(seed)
        self.tracks, self.users = tracks, users
        songs = [["track_id", "track_genre", "track_name", "artists"]]
        for track in range(tracks):
            for genre in self.random.sample(GENRES, 1 + (self.random.random() < 0.2)):
                songs.append([f"t{track:03}", genre, f"Song {track}, live", f"Artist {track % 7}"])
        self.songs = text(songs)
        self.user_rows = text(
            [["user_id", "user_name", "user_age", "user_country"]]
            + [[str(user), f"User {user}", str(20 + user % 50), "Ghana"] for user in range(1, users + 1)])

    def file(self, days, rows):
        """A stream file of some rows over days of June 2024; one in six has something wrong."""
        draw = self.random
        lines = [HEADER]
        for _ in range(rows):
            user = draw.randint(1, self.users + 1)
            track = f"t{draw.randrange(self.tracks):03}" if draw.random() > 0.03 else "unknown"
            second = draw.randrange(86_400)
            lines.append([
                str(user), track,
                f"2024-06-{draw.choice(days):02} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"])
        kind = draw.random()
        if kind < 0.03:
            lines[0] = ["user_id", "track_id", "when"]
        elif kind < 0.06:
            lines = lines[:1]
        elif kind < 0.10:
            for line in lines[1::3]:
                line[0] = "nobody"
        elif kind < 0.16 and rows >= 40:
            lines[draw.randrange(1, rows)][0] = "nobody"
        return text(lines)


def is_good(content):
    """Whether a file has what it takes to be processed."""
    records = list(csv.reader(io.StringIO(content)))
    if records[0] != HEADER or len(records) < 2:
        return False
    bad = sum(not line[0].isdigit() for line in records[1:])
    return bad * 100 <= BAD_PERCENT * (len(records) - 1)


def digest(content):
    return hashlib.md5(content.encode()).hexdigest()


class PlainKPIs:
    """What the archived files come to."""

    def __init__(self, songs):
        self.genres_of = collections.defaultdict(set)
        for line in list(csv.reader(io.StringIO(songs)))[1:]:
            self.genres_of[line[0]].add(line[1])
        # Joined rows, and how often each came.
        self.rows = collections.Counter()

    def add(self, content):
        for user, track, time in list(csv.reader(io.StringIO(content)))[1:]:
            if user.isdigit():
                for genre in self.genres_of.get(track, ()):
                    self.rows[int(user), track, time, genre] += 1

    def items(self):
        """The table's items by `(pk, sk)`, as far as they depend on the rows."""
        listeners = collections.defaultdict(set)
        listens = collections.defaultdict(collections.Counter)
        for (user, track, time, genre), count in self.rows.items():
            listeners[time[:10], genre].add(user)
            listens[time[:10], genre][track] += count
        items = {}
        days = collections.defaultdict(dict)
        for (day, genre), tracks in listens.items():
            total = days[day][genre] = tracks.total()
            people = len(listeners[day, genre])
            items[f"GENRE#{genre}", f"DATE#{day}"] = (total, people, total * 180, total * 180 / people)
            items[f"GENRE#{genre}", f"TOP_SONGS#{day}"] = top(tracks, 3)
        for day, genres in days.items():
            items[f"DATE#{day}", "TOP_GENRES"] = top(genres, 5)
        return items


def top(counts, limit):
    """The most frequent, ties by name."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
