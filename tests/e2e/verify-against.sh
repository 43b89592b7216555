#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# verify --against finds out what the PACS has and the disk has not; resume brings exactly that.
. "${srcdir:-.}/tests/lib.sh" || exit 1

make_archive
some_of_archive 's1-*' 's2-*' 's7-*'
start_badpacs '' "$SOME"
NODE=PACS@127.0.0.1:$BAD_PORT
OUT=$T/out-of-it
run dicom-qr "$NODE" --method c-get --auto --output "$OUT" --hierarchical
expect_status 0
run dicom-qr verify "$OUT" --against "$NODE" --save-state "$T/fine.state"
expect_status 0
expect_out '^Compared: 3 studies; the PACS lists 34 objects, 34 are here, 0 are missing \(0 studies\)$'
run dicom-qr resume --state "$T/fine.state" --method c-get
expect_status 0
expect_out '^Nothing to do'

# some objects of one study, and all of another
mapfile -t of_2 < <(find "$OUT" -path "*/$(study 2)/*.dcm" | sort)
rm "${of_2[@]:0:2}"
find "$OUT" -name "$(study 7)" -prune -exec rm -r {} +
run dicom-qr verify "$OUT" --against "$NODE" --method c-get --hierarchical
expect_status 3
cp "$T/out" "$T/missing.state"
expect_err "$(study 2) +incomplete +8 +10 +2 of 10 objects are not here"
expect_err "$(study 7) +wanted +0 +3 +nothing of it is here"
expect_err ', 29 are here, 5 are missing \(2 studies\)$'
expect_out '"status": "incomplete"'
expect_no_out '"missing": \[\]'

# the circle: what was written is carried out as it stands, from a pipe
: >"$T/badpacs.log"
sent() { grep -c '^sent ' "$T/badpacs.log" || :; }
before=$(sent)
dicom-qr resume --state - <"$T/missing.state" >"$T/out" 2>"$T/err" || fail "resume: $(cat "$T/err")"
expect_same_objects "$SOME" "$OUT"
[ $(($(sent) - before)) -eq 5 ] || fail "$(sent) objects were sent instead of 5"
run dicom-qr verify "$OUT" --against "$NODE" --save-state "$T/again.state"
expect_status 0

# a study that the PACS has given up is no loss; studies that were never here count when they are named
rm "$SOME"/s7-*
run dicom-qr verify "$OUT" --against "$NODE" --save-state "$T/gone.state"
expect_status 0
expect_out "$(study 7) +skipped .* the PACS does not know it"
run dicom-qr verify "$OUT" --against "$NODE" --study-date 20240105 --save-state "$T/day.state" --format json
expect_status 0
expect_out '"status": "complete"'
mkdir "$T/empty"
run dicom-qr verify "$T/empty" --against "$NODE" --study-date 20240108 --save-state "$T/day.state"
expect_status 3
expect_out ' 0 are here, 10 are missing \(1 study\)$'
run dicom-qr verify "$T/empty" --against "$NODE" --save-state "$T/day.state"
expect_status 2
expect_no_process findscu getscu dcmdump
pass
