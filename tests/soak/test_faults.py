#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of the random fault runner itself: a seed is reproduced, the judge objects to every doctored result, and a program that lies is
found.  Arguments "lies" runs the programs too."""
import copy
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
import invent  # noqa: E402
import judge  # noqa: E402


def honest(seed=2, rules=("retrieve-lose all times 1",), command="auto"):
    """A case without chances, and two runs of it in which all is well."""
    case = invent.invent(seed)
    case = dataclasses.replace(case, rules=list(rules), command=command, chosen=(), wanted={t.key for t in case.things},
                               things=case.things[:40])
    case.wanted = {t.key for t in case.things}
    digests = {key: "digest of " + key[2] for key in case.wanted}
    run = judge.Run(0, watermark=True)
    for key in case.wanted:
        path = "CT." + key[2]
        run.tree[path] = (key, digests[key])
        run.manifest[path] = (key, "hash of " + path)
        run.hashes[path] = "hash of " + path
    run.ledger = dict(run.hashes)
    run.said = "".join("[1/1] complete    20240101 CT  %s\n" % study for study in {key[0] for key in case.wanted})
    return case, [run, copy.deepcopy(run)], digests


class Invention(unittest.TestCase):
    def test_a_seed_is_reproduced(self):
        for seed in range(50):
            self.assertEqual(invent.invent(seed), invent.invent(seed))

    def test_cases_differ(self):
        self.assertGreater(len({repr(invent.invent(seed)) for seed in range(50)}), 49)

    def test_everything_comes_up(self):
        cases = [invent.invent(seed) for seed in range(1000)]
        self.assertEqual({case.command for case in cases}, {"auto", "retrieve", "series", "instance", "sync"})
        self.assertEqual({case.method for case in cases}, {"c-get", "c-move", "auto"})
        self.assertEqual({case.width for case in cases}, {1, 2, 3, 4})
        self.assertGreaterEqual(len({rule.split()[0] for case in cases for rule in case.rules}), 55)
        self.assertEqual({case.model for case in cases}, {"study", "patient"})
        self.assertTrue(any(len({t.patient for t in case.things if t.study == case.things[0].study}) > 1 for case in cases))
        self.assertEqual(max(len(case.disturbances) for case in cases), 5)
        self.assertEqual({d[0] for case in cases for d in case.disturbances}, {"commit", "sent", "none"})
        sizes = {len(case.things) for case in cases}
        self.assertTrue(1 in sizes and max(sizes) >= 600)

    def test_uids_are_valid(self):
        for seed in range(300):
            case = invent.invent(seed)
            self.assertEqual(len({t.key for t in case.things}), len(case.things))
            self.assertTrue(all(len(part) <= 64 for t in case.things for part in t.key))
            self.assertTrue(case.wanted)

    def test_objects_are_even(self):
        for t in invent.invent(3).things:
            self.assertEqual(len(invent.part10(t)) % 2, 0)


class Judgement(unittest.TestCase):
    def wrong(self, doctor, **how):
        case, runs, digests = honest(**how)
        doctor(case, runs)
        return list(judge.judge(case, runs, digests))

    def objects(self, word, doctor, **how):
        said = self.wrong(doctor, **how)
        self.assertTrue(any(word in line for line in said), "%r is not in %r" % (word, said))

    def test_all_well(self):
        self.assertEqual(self.wrong(lambda case, runs: None), [])

    def test_status_0_and_one_missing(self):
        self.objects("status 0: 1 of", lambda case, runs: runs[0].tree.popitem())

    def test_complete_and_one_missing(self):
        def doctor(case, runs):
            runs[0].tree.popitem()
            runs[0].status = 3
        self.objects("complete: 1 objects", doctor)

    def test_altered(self):
        def doctor(case, runs):
            path, (key, _) = runs[0].tree.popitem()
            runs[0].tree[path] = (key, "another")
        self.objects("altered: ", doctor)

    def test_unasked(self):
        def doctor(case, runs):
            runs[0].tree["CT.9"] = (("1", "2", "9"), "digest")
        self.objects("unasked: CT.9", doctor)

    def test_two_files(self):
        def doctor(case, runs):
            runs[0].tree["again"] = next(iter(runs[0].tree.values()))
        self.objects("twice: ", doctor)

    def test_status(self):
        def doctor(case, runs):
            runs[0].status = 1
        self.objects("status: 1", doctor)

    def test_killed_says_nothing(self):
        def doctor(case, runs):
            runs[0].status, runs[0].disturbed, runs[0].left = -9, True, ["run-1"]
        self.assertEqual(self.wrong(doctor), [])

    def test_sanitizer(self):
        def doctor(case, runs):
            runs[0].said += "x.c:1: runtime error: bad"
        self.objects("sanitizer", doctor)

    def test_time_and_requests(self):
        def doctor(case, runs):
            runs[0].seconds, runs[0].requests = 71, 20
            runs[1].requests = 1000000
        self.objects("time: 71 s", doctor)
        self.objects("requests: 1000000", doctor)

    def test_many_requests_may_take_longer(self):
        def doctor(case, runs):
            runs[0].seconds, runs[0].requests = 71, 30
        self.assertEqual(self.wrong(doctor), [])

    def test_state_file(self):
        def of(run, **more):
            key = min(run.tree.values())[0]
            run.state = [dict({"studyInstanceUID": key[0], "status": "complete"}, **more)]
            return key

        def complete(case, runs):
            key = of(runs[0])
            runs[0].tree = {path: value for path, value in runs[0].tree.items() if value[0] != key}
            runs[0].status = 3

        def said_missing(case, runs):
            key = of(runs[0])
            of(runs[0], missing=[{"sopInstanceUID": key[2]}])

        def received(case, runs):
            of(runs[1], received=1000)
        self.objects("is complete, 1 objects are missing", complete)
        self.objects("1 objects that are here are said to be missing", said_missing)
        self.objects("received 1000, ", received)
        self.assertEqual(self.wrong(lambda case, runs: of(runs[0], received=1) and None), [])

    def test_left(self):
        def doctor(case, runs):
            runs[0].left = ["process getscu"]
        self.objects("left: process getscu", doctor)

    def test_sent_again(self):
        def doctor(case, runs):
            key = next(iter(runs[0].tree.values()))[0]
            runs[1].sent = [(key[0], key[2])]
        self.objects("again: 1 published", doctor)
        self.assertEqual(self.wrong(doctor, rules=("retrieve-duplicate",)), [])

    def test_not_whole_in_the_end(self):
        def doctor(case, runs):
            runs[1].tree.popitem()
            runs[1].status = 3
        self.objects("not whole: status 3, 1 of", doctor)

    def test_manifest(self):
        def lacks(case, runs):
            runs[1].manifest.popitem()

        def more(case, runs):
            runs[1].manifest["gone"] = (("1", "2", "3"), "hash")

        def other(case, runs):
            path, (key, _) = runs[1].manifest.popitem()
            runs[1].manifest[path] = (key, "another hash")
        self.objects("is in no manifest", lacks)
        self.objects("gone is not on the disk", more)
        self.objects("is described as another", other)

    def test_ledger_and_verify(self):
        def doctor(case, runs):
            runs[1].ledger.popitem()
            runs[1].verify = 3
        self.objects("ledger: 1 files", doctor)
        self.objects("verify: status 3", doctor)

    def test_watermark(self):
        def doctor(case, runs):
            runs[1].watermark = False
        self.objects("watermark", doctor, command="sync")

    def test_what_nobody_can_know(self):
        self.assertTrue(invent.unknowable(["find-cap 37 silent level IMAGE", "find-omit NumberOfStudyRelatedInstances",
                                           "retrieve-level-refuse STUDY c000"]))
        self.assertFalse(invent.unknowable(["find-cap 37 silent level IMAGE", "retrieve-level-refuse STUDY c000"]))
        self.assertFalse(invent.unknowable(["find-cap 37 a700 level IMAGE", "find-omit NumberOfStudyRelatedInstances"]))


LIES = {        # what a program in the place of dicom-qr does after the real one: the word the judge must say
    "status 0": 'exit 0',
    "altered": 'for f in "$out"/*; do [ -f "$f" ] && printf x | dd of="$f" bs=1 seek=$(($(stat -c %s "$f") - 9)) conv=notrunc; break; done'
               ' 2>/dev/null; exit $code',
    "not whole": 'rm -f "$out"/*2 "$out"/*1; exit $code',
    "unasked": 'for f in "$out"/*; do sed "s/1338.77/1338.78/g" "$f" >"$f.x"; break; done; exit $code',
    "left": 'sleep 600 </dev/null >/dev/null 2>&1 & exit $code',
    "again": 'case $1 in verify) ;; *) rm -rf "$DICOM_QR_LEDGER"* "$out/.dicom-qr" "$out.state";; esac; exit $code',
}


class Lies(unittest.TestCase):
    """Known faults put back, by a program that spoils what the real one did: each is found within some seeds."""
    SEEDS = int(os.environ.get("LIES_SEEDS", "25"))

    def test_each_is_found(self):
        real = os.environ.get("DICOM_QR") or str(pathlib.Path(os.environ["top_builddir"]) / "src/cli/dicom-qr")
        for word, lie in LIES.items():
            with self.subTest(word), tempfile.TemporaryDirectory() as folder:
                liar = pathlib.Path(folder) / "dicom-qr"
                liar.write_text('#!/bin/bash\n%s "$@"\ncode=$?\nout=$PWD/out\n%s\n' % (real, lie))
                liar.chmod(0o755)
                for seed in range(1, self.SEEDS, 2):
                    said = subprocess.run([str(HERE / "faults"), str(seed), "2"], env=dict(os.environ, DICOM_QR=str(liar)),
                                          capture_output=True, text=True, check=False).stdout
                    if "VIOLATED: " in said and word in said.replace("ended:", ""):
                        break
                else:
                    self.fail("not found: " + word)


def has(*names, always=False):
    return lambda case: len(case.things) <= 60 and not case.disturbances and any(
        rule.startswith(name) and not (always and " times " in rule) for rule in case.rules for name in names)


# A fault that the program had once and that DICOM_QR_OLD_FAULT puts back (src/base/old_fault.h): the word the judge must say, and in which
# of the first thousand seeds to look for it.
OLD_FAULTS = {
    "incomplete-ends-with-0": ("status 0: ", has("retrieve-truncate all", "retrieve-level-refuse", "retrieve-fail all")),
    "withheld-is-complete": ("complete: ", has("retrieve-lose", "retrieve-fail", "retrieve-truncate", always=True)),
    "anything-is-wanted": ("unasked: ", has("retrieve-foreign")),
    "nothing-is-here": ("again: ", has("max-associations", "find-order", "find-pad-uids", "find-hierarchical")),
    "staging-stays": ("left: run-", has("find-")),
}


class OldFaults(unittest.TestCase):
    """Faults that were mended are put back, and each is found within the first thousand seeds."""

    def found(self, fault, word, where):
        seeds = [seed for seed in range(1, 1001) if where(invent.invent(seed))]
        for tried, seed in enumerate(seeds[:int(os.environ.get("OLD_FAULT_SEEDS", "40"))]):
            said = subprocess.run([str(HERE / "faults"), str(seed)], env=dict(os.environ, DICOM_QR_OLD_FAULT=fault),
                                  capture_output=True, text=True, check=False).stdout
            if any("VIOLATED: " in line and word in line for line in said.splitlines()):
                print("# %s: found by seed %d, the %d. tried" % (fault, seed, tried + 1))
                return True
        return False

    def test_each_is_found(self):
        for fault, (word, where) in OLD_FAULTS.items():
            with self.subTest(fault):
                self.assertTrue(self.found(fault, word, where))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    names = {"lies": ["Lies"], "old-faults": ["OldFaults"]}.get(arguments[0] if arguments else "", ["Invention", "Judgement"])
    unittest.main(argv=[sys.argv[0]], defaultTest=names)
