# SPDX-License-Identifier: GPL-3.0-or-later
"""A random case from a seed: an archive, a PACS that misbehaves, a command, and what disturbs it.  The same seed gives the same
case on any machine; nothing here starts a process or reads a clock."""
import dataclasses
import hashlib
import random
import struct

ROOT = "1.2.826.0.1.3680043.10.1338.77"
CT, MR, CR, SR = ("1.2.840.10008.5.1.4.1.1." + end for end in ("2", "4", "1", "88.11"))
EXPLICIT, JPEG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"
LOUD = ["fe00", "a700", "a701", "b000", "a700-norows"]


@dataclasses.dataclass(frozen=True)
class Thing:
    """An object of the archive."""
    study: str
    series: str
    sop: str
    date: str
    patient: str
    number: int
    sop_class: str = CT
    syntax: str = EXPLICIT
    size: int = 64

    @property
    def key(self):
        return (self.study, self.series, self.sop)


@dataclasses.dataclass
class Case:
    seed: int
    things: list
    rules: list
    command: str        # auto, retrieve, series, instance, sync
    method: str         # c-get, c-move, auto
    width: int
    wanted: set         # keys of what is asked for
    chosen: tuple       # UIDs for retrieve, series, instance
    disturbances: list  # ("commit", N), ("sent", N, SIGNAL) or ("none",), one a run
    model: str = "study"


# --- the archive ---

def element(tag, vr, value):
    data = value if isinstance(value, bytes) else value.encode()
    if len(data) % 2:
        data += b"\0" if vr == "UI" else b" "
    head = struct.pack("<HH2s", tag >> 16, tag & 0xffff, vr.encode())
    return head + (struct.pack("<HI", 0, len(data)) if vr == "OW" else struct.pack("<H", len(data))) + data


def data_set(t):
    parts = [element(0x00080016, "UI", t.sop_class), element(0x00080018, "UI", t.sop), element(0x00080020, "DA", t.date),
             element(0x00080030, "TM", "%02d1500" % (int(t.study.rsplit(".", 1)[-1]) % 24)), element(0x00080050, "SH", ""),
             element(0x00080060, "CS", {CT: "CT", MR: "MR", CR: "CR", SR: "SR"}[t.sop_class]),
             element(0x00100010, "PN", "Random^Patient " + t.patient), element(0x00100020, "LO", t.patient),
             element(0x0020000d, "UI", t.study), element(0x0020000e, "UI", t.series),
             element(0x00200011, "IS", "1"), element(0x00200013, "IS", str(t.number))]
    if t.sop_class == SR:
        return b"".join(parts) + element(0x0040a040, "CS", "CONTAINER")
    noise = hashlib.sha256(t.sop.encode()).digest() * (t.size // 32 + 1)
    parts += [element(0x00280002, "US", struct.pack("<H", 1)), element(0x00280004, "CS", "MONOCHROME2"),
              element(0x00280010, "US", struct.pack("<H", 1)), element(0x00280011, "US", struct.pack("<H", t.size // 2)),
              element(0x00280100, "US", struct.pack("<H", 16)), element(0x00280101, "US", struct.pack("<H", 16)),
              element(0x00280102, "US", struct.pack("<H", 15)), element(0x00280103, "US", struct.pack("<H", 0))]
    if t.syntax == EXPLICIT:
        return b"".join(parts) + element(0x7fe00010, "OW", noise[:t.size])
    item = struct.pack("<HHI", 0xfffe, 0xe000, 0) + struct.pack("<HHI", 0xfffe, 0xe000, t.size) + noise[:t.size]
    return b"".join(parts) + struct.pack("<HH2sHI", 0x7fe0, 0x0010, b"OB", 0, 0xffffffff) + item + \
        struct.pack("<HHI", 0xfffe, 0xe0dd, 0)


def part10(t):
    meta = b"".join([struct.pack("<HH2sHI", 2, 1, b"OB", 0, 2) + b"\0\1", element(0x00020002, "UI", t.sop_class),
                     element(0x00020003, "UI", t.sop), element(0x00020010, "UI", t.syntax),
                     element(0x00020012, "UI", ROOT + ".1")])
    return bytes(128) + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + data_set(t)


def uid(r, *parts):
    """Sometimes an odd one: a component that begins with a zero, or all of 64 characters."""
    text = ".".join([ROOT, *map(str, parts)])
    odd = r.random()
    if odd < 0.03:
        return text + ".007.%d" % r.randrange(1, 99)
    if odd < 0.06:
        return text + "." + "7" * (63 - len(text))
    return text


def invent_archive(r):
    budget = r.choice([1, 3, 8, 20, 40, 60, 101, 128, 250, 300, 600])
    studies = r.choice([1, 1, 2, 3, 5])
    shared = uid(r, 3, 0, 0)
    things = []
    for s in range(studies):
        count = max(1, budget // studies + r.choice([0, 0, 1, -1, 7]))
        series = min(count, r.choice([1, 1, 2, 2, 3, 5]))
        equal = r.random() < 0.5
        study, date, patient = uid(r, 2, s), "202401%02d" % r.randrange(1, 11), "P%d" % (s % 2)
        of_series = [count // series + (i < count % series) for i in range(series)]
        if not equal and series > 1:
            of_series[0] += sum(n - 1 for n in of_series[1:])
            of_series[1:] = [1] * (series - 1)
        for i, n in enumerate(of_series):
            series_uid = shared if i == 0 and r.random() < 0.1 else uid(r, 3, s, i)
            sop_class = r.choice([CT, CT, MR, CR, SR])
            syntax = JPEG if sop_class == CR and r.random() < 0.5 else EXPLICIT
            first, step = r.choice([0, 1, 1, 501]), r.choice([1, 1, 2])
            size = r.choice([64, 64, 600, 40000]) if n < 40 else 64
            things += [Thing(study, series_uid, uid(r, 4, s, i, k), date, patient, first + k * step, sop_class, syntax, size)
                       for k in range(n)]
    return things


# --- the PACS ---

def a_limit(r, things):
    study = r.choice(sorted({t.study for t in things}))
    n = sum(t.study == study for t in things)
    return max(1, r.choice([n - 1, n // 2, n // 3, 10, 20, 50, 64, 100, 120, 128, 200, 250, 256, 500]))


def a_target(r, things):
    t = r.choice(things)
    return r.choice([t.sop, t.sop, t.series, t.study, "every %d" % r.randrange(2, 9), "all"])


def a_cap(r, things):
    level = r.choice(["IMAGE", "IMAGE", "IMAGE", "SERIES", "STUDY"])
    style = r.choice(LOUD) if level == "STUDY" else r.choice(["silent"] * 3 + LOUD)
    limit = a_limit(r, things) if level == "IMAGE" else r.randrange(1, 5)
    return "find-cap %d %s level %s" % (limit, style, level)


def times(r):
    return r.choice(["", " times 1", " times 1", " times 2", " times 3"])


LISTS = [
    a_cap, a_cap, a_cap, a_cap,
    lambda r, a: "find-omit " + " ".join(r.sample(["NumberOfStudyRelatedInstances", "NumberOfSeriesRelatedInstances",
                                                  "NumberOfStudyRelatedSeries"], r.randrange(1, 4))),
    lambda r, a: "find-omit NumberOfStudyRelatedInstances NumberOfSeriesRelatedInstances NumberOfStudyRelatedSeries",
    lambda r, a: "find-lie-count %d" % r.choice([-3, -1, 1, 5]),
    lambda r, a: "find-first-fails %d %s" % (r.randrange(1, 4), r.choice(["a700", "c000", "0122"])),
    lambda r, a: "find-abort-after %d level %s%s" % (r.randrange(4), r.choice(["STUDY", "IMAGE"]), times(r)),
    lambda r, a: "find-close-after %d level %s%s" % (r.randrange(4), r.choice(["STUDY", "IMAGE", "SERIES"]), times(r)),
    lambda r, a: "find-level-refuse %s %s" % (r.choice(["IMAGE", "SERIES"]), r.choice(["a900", "c000", "a700"])),
    lambda r, a: "find-image-needs-parents",
    lambda r, a: "find-no-lists",
    lambda r, a: "find-hierarchical",
    lambda r, a: "find-pad-uids",
    lambda r, a: "find-duplicate-rows",
    lambda r, a: "find-pending ff01",
    lambda r, a: "find-final %s level IMAGE%s" % (r.choice(["b000", "a700", "c001"]), times(r)),
    lambda r, a: "find-order " + r.choice(["reverse", "mixed"]),
    lambda r, a: "find-charset none",
]
TRANSFERS = [
    lambda r, a: "retrieve-lose " + a_target(r, a) + times(r),
    lambda r, a: "retrieve-lose " + a_target(r, a) + times(r),
    lambda r, a: "retrieve-fail " + a_target(r, a) + times(r),
    lambda r, a: "retrieve-truncate " + a_target(r, a) + times(r),
    lambda r, a: "retrieve-duplicate",
    lambda r, a: "retrieve-refuse %s%s" % (r.choice(["a702", "a701", "c000"]), times(r)),
    lambda r, a: "retrieve-first-fails %d %s" % (r.randrange(1, 4), r.choice(["a702", "a701", "c000"])),
    lambda r, a: "retrieve-empty-first %d" % r.randrange(1, 3),
    lambda r, a: "retrieve-level-refuse %s %s" % (r.choice(["STUDY", "SERIES", "IMAGE"]), r.choice(["a900", "c000"])),
    lambda r, a: "retrieve-no-lists " + r.choice(["a900", "c000"]),
    lambda r, a: "retrieve-unknown-fails c000",
    lambda r, a: "retrieve-no-counters",
    lambda r, a: "retrieve-no-pending",
    lambda r, a: "retrieve-no-failed-list",
    lambda r, a: "retrieve-success-always",
    lambda r, a: "retrieve-final %s%s" % (r.choice(["b000", "a702", "c000"]), times(r)),
    lambda r, a: "retrieve-foreign " + r.choice(a).sop + times(r),
    lambda r, a: "retrieve-uid %s as %s.9%s" % (r.choice(a).sop, ROOT, times(r)),
    lambda r, a: "retrieve-uid-inside %s as %s.9%s" % (r.choice(a).sop, ROOT, times(r)),
]
BREAKS = [
    lambda r, a: "retrieve-abort-after %d%s" % (r.randrange(len(a) + 1), times(r)),
    lambda r, a: "retrieve-abort-after %d times 1" % r.randrange(len(a) + 1),
    lambda r, a: "retrieve-close-after %d%s" % (r.randrange(len(a) + 1), times(r)),
    lambda r, a: "retrieve-close-mid %d times %d" % (r.randrange(1, len(a) + 1), r.randrange(1, 3)),
    lambda r, a: "retrieve-stall-after %d 3600 times 1" % r.randrange(len(a) + 1),
    lambda r, a: "move-sub-abort-after %d times 1" % r.randrange(len(a) + 1),
    lambda r, a: "reject-first %d" % r.randrange(1, 4),
    lambda r, a: "max-associations %d" % r.randrange(1, 3),
    lambda r, a: "move-associations " + r.choice(["one", "each"]),
    lambda r, a: "get-prefer-uncompressed",
]


def unknowable(rules):
    """No sign of what is missing can reach the program: a silent limit, counts that are absent or fit the limit, and transfers that
    send less without saying so, or go by the cut list.  Nobody can tell, and nothing can be asked of the program there."""
    cut = any(rule.startswith("find-cap") and (" silent " in rule or "ff01" in rule) for rule in rules)
    counts = not any(rule.startswith(("find-omit Number", "find-lie-count")) or
                     rule.startswith("find-level-refuse SERIES") for rule in rules)
    by_list = any(rule.startswith(("retrieve-lose", "retrieve-fail", "retrieve-truncate", "retrieve-refuse", "retrieve-first-fails",
                                   "retrieve-empty", "retrieve-level-refuse", "retrieve-uid", "retrieve-success", "find-abort",
                                   "find-close", "retrieve-no-counters")) for rule in rules)
    return cut and not counts and by_list


def invent_rules(r, things):
    while True:
        rules = []
        for _ in range(r.randrange(2, 5)):
            rules.append(r.choice(r.choice([LISTS, LISTS, TRANSFERS, BREAKS]))(r, things))
        names = [rule.split()[0] for rule in rules]
        if len(set(names)) == len(names) and not unknowable(rules):
            return rules


# --- the command ---

def a_disturbance(r, count):
    kind = r.random()
    if kind < 0.3:
        return ("commit", r.randrange(1, 12))
    if kind < 0.8:
        return ("sent", r.randrange(1, count + 1), r.choice(["KILL", "TERM", "INT"]))
    return ("none",)


def invent(seed):
    r = random.Random("faults %d" % seed)
    things = invent_archive(r)
    rules = invent_rules(r, things)
    # By C-GET badpacs sends a class in one syntax alone; what stays behind then is told, and cannot come.
    mixed = len({t.syntax for t in things if t.sop_class == CR}) > 1
    command = r.choice(["auto", "auto", "auto", "auto", "retrieve", "series", "instance", "sync", "sync"])
    one = r.choice(things)
    chosen = {"retrieve": (one.study,), "series": (one.study, one.series), "instance": one.key}.get(command, ())
    wanted = {t.key for t in things if t.key[:len(chosen)] == chosen}
    disturbances = [a_disturbance(r, len(wanted)) for _ in range(r.choice([0, 0, 1, 1, 2]))]
    method = r.choice(["c-get", "c-get", "c-move", "auto"])
    if mixed and method != "c-move":
        things = [dataclasses.replace(t, syntax=EXPLICIT) for t in things]
    case = Case(seed, things, rules, command, method, r.randrange(1, 5), wanted, chosen, disturbances)
    vary(random.Random("more %d" % seed), case)
    return case


# --- variations: drawn apart, so that the case of a seed without one stays what it was ---

def two_patients(r, case):
    """A study stands under two Patient IDs, as after a merge that was done in part."""
    study = r.choice(case.things).study
    series = {t.series for t in case.things if t.study == study}
    if len(series) < 2 or case.command == "sync":
        return
    other = min(series)
    case.things = [dataclasses.replace(t, patient="P8") if t.study == study and t.series == other else t for t in case.things]


def by_patient(r, case):
    if case.command == "auto":
        case.model = "patient"


def in_slices(r, case):
    """A window that closes again and again: each run gets a part."""
    part = len(case.wanted) // 6 + 1
    case.disturbances = [("sent", part, r.choice(["TERM", "INT"])) for _ in range(5)]


def another_rule(r, case):
    rule = r.choice(MORE)(r, case.things)
    if rule.split()[0] not in {known.split()[0] for known in case.rules} and not unknowable(case.rules + [rule]):
        case.rules.append(rule)


MORE = [
    lambda r, a: "down-after %d 1" % r.randrange(2, 9),
    lambda r, a: "associate-delay 0.3 times 3",
    lambda r, a: "release-delay 0.3 times 3",
    lambda r, a: "retrieve-nearline %s 1%s" % (r.choice(a).study, r.choice(["", " empty", " a702"])),
    lambda r, a: "retrieve-deny %s %s%s" % (r.choice(a).sop, r.choice(["a702", "c000"]), times(r)),
    lambda r, a: "retrieve-stall-first 3600 times 1",
    lambda r, a: "retrieve-abort-mid %d times %d" % (r.randrange(1, len(a) + 1), r.randrange(1, 3)),
    lambda r, a: "retrieve-stall-mid %d times 1" % r.randrange(1, len(a) + 1),
    lambda r, a: "retrieve-object-delay 5",
    lambda r, a: "find-series-needs-parents",
    lambda r, a: "find-ignore " + r.choice(["StudyDate", "ModalitiesInStudy"]),
    lambda r, a: "find-row-delay 5",
    lambda r, a: "find-stall-after %d 3600 times 1" % r.randrange(3),
    lambda r, a: "find-refuse %s times %d" % (r.choice(["a700", "c000", "0122"]), r.randrange(1, 3)),
    lambda r, a: "move-late 1 %d" % r.randrange(1, 4),
    lambda r, a: "move-lists-decompress",
]


def vary(r, case):
    if r.random() < 0.25:
        another_rule(r, case)
    if r.random() < 0.06:
        two_patients(r, case)
    if r.random() < 0.06:
        by_patient(r, case)
    if r.random() < 0.06:
        in_slices(r, case)
