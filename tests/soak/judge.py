# SPDX-License-Identifier: GPL-3.0-or-later
"""What may never happen, whatever the PACS does.  Pure: what was seen goes in, sentences about what is wrong come out."""
import dataclasses
import re

# done; nothing found; incomplete; PACS not reached; no space or write error; limit; a state file in use
STATUSES = {0, 3, 4, 5, 6, 7, 8}
SECONDS_A_REQUEST = 0.5


@dataclasses.dataclass
class Run:
    """One run of the program, and what was there after it."""
    status: int
    said: str = ""                                   # both outputs
    disturbed: bool = False                          # a signal or a kill was sent
    tree: dict = dataclasses.field(default_factory=dict)       # path: (key, digest of the data set)
    manifest: dict = dataclasses.field(default_factory=dict)   # path: (key, sha256)
    hashes: dict = dataclasses.field(default_factory=dict)     # path: sha256 of the file
    verify: int = 0                                  # exit status of "verify" afterwards
    ledger: dict = None                              # path: sha256; None when this ledger cannot be read so
    sent: list = dataclasses.field(default_factory=list)       # (study, sop)
    requests: int = 0
    seconds: float = 0
    state: list = None                               # studies of the state file, or None: there is none
    left: list = dataclasses.field(default_factory=list)       # processes, scratch and staging folders
    watermark: bool = False


VERDICT = re.compile(r"^\[\d+/\d+\] (\S+) .*?([0-9.]+)$", re.M)


def verdicts(said):
    return {study: word for word, study in VERDICT.findall(said)}


def missing(case, run):
    return case.wanted - {key for key, _ in run.tree.values()}


def judge_run(case, run, digests, limit):
    lacks = missing(case, run)
    of_study = {}
    for key in lacks:
        of_study[key[0]] = of_study.get(key[0], 0) + 1
    if run.status == 0 and lacks:
        yield "status 0: %d of %d objects are missing" % (len(lacks), len(case.wanted))
    for study, word in verdicts(run.said).items():
        if word == "complete" and study in of_study:
            yield "complete: %d objects of %s are missing" % (of_study[study], study)
    for path, (key, digest) in sorted(run.tree.items()):
        if key not in case.wanted:
            yield "unasked: %s" % path
        elif digest != digests[key]:
            yield "altered: %s" % path
    if len({key for key, _ in run.tree.values()}) < len(run.tree):
        yield "twice: an object has two files"
    if run.status not in STATUSES and not run.disturbed:
        yield "status: %d" % run.status
    if re.search(r"Sanitizer|runtime error:", run.said):
        yield "sanitizer: it spoke"
    if run.seconds > limit + SECONDS_A_REQUEST * run.requests:      # a loaded machine is slow with each of them
        yield "time: %d s" % run.seconds
    studies, series = {t.study for t in case.things}, {t.key[:2] for t in case.things}
    most = 150 + 30 * len(studies) + 12 * len(series) + len(case.things)
    if run.requests > most:
        yield "requests: %d to the PACS, more than %d" % (run.requests, most)
    yield from state_file(case, run)
    if run.left and not (run.disturbed and run.status in (137, -9)):
        yield "left: %s" % ", ".join(run.left)


def state_file(case, run):
    """The state file says of no study that it is complete, or has more objects, or lacks others, than is true on the disk."""
    studies = {}
    for row in run.state or []:
        studies.setdefault(row["studyInstanceUID"].strip(), []).append(row)
    for uid, rows in studies.items():
        lacks = {key[2] for key in missing(case, run) if key[0] == uid}
        here = sum(key[0] == uid for key, _ in run.tree.values())
        if lacks and all(row["status"] == "complete" for row in rows):
            yield "state file: %s is complete, %d objects are missing" % (uid, len(lacks))
        named = {one["sopInstanceUID"] for row in rows for one in row.get("missing", [])}
        if named - lacks and not run.disturbed:
            yield "state file: %s: %d objects that are here are said to be missing" % (uid, len(named - lacks))
        received = sum(row.get("received", 0) for row in rows)
        if received > here:
            yield "state file: %s: received %d, %d are here" % (uid, received, here)


def agreement(run):
    """Manifest, ledger and disk, when nothing was killed since."""
    for path in sorted(set(run.tree) | set(run.manifest)):
        here, told = run.tree.get(path), run.manifest.get(path)
        if here is None or told is None:
            yield "manifest: %s is %s" % (path, "in no manifest" if here else "not on the disk")
        elif (here[0], run.hashes[path]) != told:
            yield "manifest: %s is described as another" % path
    if run.ledger is not None and run.ledger != run.hashes:
        yield "ledger: %d files are not as on the disk" % len(set(run.ledger.items()) ^ set(run.hashes.items()))
    if run.verify:
        yield "verify: status %d" % run.verify


def sends_again(case):
    """May this PACS force a coarser request, or one for the sake of the proof, or send what nobody asked for?"""
    return any(rule.startswith(("retrieve-duplicate", "retrieve-foreign", "retrieve-level-refuse", "retrieve-no-lists", "retrieve-deny",
                                "retrieve-refuse", "retrieve-unknown", "retrieve-first-fails", "retrieve-empty", "retrieve-fail",
                                "find-level-refuse", "find-image", "find-cap", "find-final", "find-abort", "find-close", "find-first-fails",
                                "retrieve-final", "find-omit Number", "find-lie-count", "find-pending")) for rule in case.rules)


def judge(case, runs, digests, limit=60):
    """runs: the disturbed ones, one against the same PACS, and the last one, against a PACS that has become honest."""
    for number, run in enumerate(runs, 1):
        for wrong in judge_run(case, run, digests, limit):
            yield "run %d: %s" % (number, wrong)
        if number > 1 and not sends_again(case):
            had = {key[::2] for key, _ in runs[number - 2].tree.values()}
            again = [sop for study, sop in run.sent if (study, sop) in had]
            if again:
                yield "run %d: again: %d published objects were sent, such as %s" % (number, len(again), again[0])
    last = runs[-1]
    if last.status != 0 or missing(case, last):
        yield "last run: not whole: status %d, %d of %d objects are missing though the PACS is honest again" % (
            last.status, len(missing(case, last)), len(case.wanted))
    for wrong in agreement(last):
        yield "last run: " + wrong
    if case.command == "sync" and last.status == 0 and not last.watermark:
        yield "last run: watermark: it does not cover the days"
