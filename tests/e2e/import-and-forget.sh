#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# import takes a tree that is there already into ledger and manifest, so that nothing of it is fetched again; forget takes out what is
# gone; purge forgets the past and leaves what is held.
. "${srcdir:-.}/tests/lib.sh" || exit 1

make_archive
some_of_archive 's1-*' 's2-*' 's7-*'
start_badpacs '' "$SOME"
NODE=PACS@127.0.0.1:$BAD_PORT
TREE="$T/a tree"
mkdir -p "$TREE/old disk/#1" "$TREE/.hidden"
cp "$SOME"/s1-* "$TREE/old disk/#1"
cp "$SOME"/s2-* "$TREE"
cp "$SOME/s2-1-1.dcm" "$TREE/old disk/again.dcm"
cp "$SOME/s7-1-1.dcm" "$TREE/.hidden"
head -c 3000 "$SOME/s7-1-2.dcm" >"$TREE/cut.dcm"
sed 's/P-1002/P-9999/' "$SOME/s2-1-2.dcm" >"$TREE/other.dcm"
echo text >"$TREE/readme.txt"

run dicom-qr import "$TREE" --dry-run
expect_status 3
[ ! -e "$TREE/.dicom-qr" ] || fail "a dry run has written"
run dicom-qr import "$TREE"
expect_status 3
expect_out '^Imported: 33 files of 2 studies, .*; 0 known already, 1 not DICOM, 1 damaged, 1 there twice, 1 in conflict$'
expect_out '^damaged +cut\.dcm +'
expect_out '^conflict +s2-1-2\.dcm +the same UID with other content as other\.dcm$|^conflict +other\.dcm .* as s2-1-2\.dcm$'
run dicom-qr import "$TREE" --format json
expect_status 3
expect_out '"known": 33,'
expect_out '"imported": 0,'
run dicom-qr verify "$TREE"
expect_out ': 33 good, 0 missing, 0 changed, 0 unreadable, 2 strangers$'

# only the third study is asked for
run dicom-qr "$NODE" --method c-get --auto --output "$TREE"
expect_status 0
[ "$(grep -c '^sent ' "$T/badpacs.log")" -eq 3 ] || fail "$(grep -c '^sent ' "$T/badpacs.log") objects were sent instead of 3"

# what is gone is forgotten, what is there stays
rm "$TREE"/s2-1-[34].dcm
run dicom-qr forget "$TREE" --dry-run
expect_out '^Would be forgotten: 2 files$'
run dicom-qr verify "$TREE"
expect_out ' 2 missing'
run dicom-qr forget --study "$(study 1)"
expect_out '^Forgotten: 0 files$'
run dicom-qr forget "$TREE"
expect_status 0
expect_out '^Forgotten: 2 files$'
run dicom-qr verify "$TREE"
expect_out ' 0 missing'
run dicom-qr forget --study "$(study 7)" --all
expect_out '^Forgotten: 3 files$'
[ ! -e "$TREE/.dicom-qr/manifest/$(study 7).jsonl" ] || fail "the manifest of a forgotten study is there"
mv "$TREE" "$T/elsewhere"
run dicom-qr forget "$TREE"
expect_status 2
expect_only_err 'is its disk mounted'
run dicom-qr forget "$TREE" --all
expect_out '^Forgotten: 31 files$'
mv "$T/elsewhere" "$TREE"
run dicom-qr forget
expect_status 2

# the past, and the names in its plans
in_ledger() { cat "$T/ledger.db"* | grep -aq "$1"; }
in_ledger P-1001 || fail "no plan is in the ledger"
run dicom-qr purge
expect_status 2
run dicom-qr purge --before 20200101
expect_status 0
expect_out '^Forgotten: 0 queries, 0 jobs, 0 studies, 0 attempts$'
run dicom-qr import "$TREE"
export DICOM_QR_NOW
DICOM_QR_NOW=$(($(date +%s) + 3 * 86400))
run dicom-qr purge --before today --dry-run
expect_out '^Would be forgotten: 1 queries, 1 jobs, 3 studies, [1-9] attempts$'
in_ledger P-1001 || fail "a dry run has forgotten"
run dicom-qr purge --before today --format json
expect_status 0
expect_out '"jobs": 1,'
! in_ledger P-1001 || fail "a patient is in the ledger still"
run dicom-qr status
expect_out '^No job is recorded$'
run dicom-qr explain "$(study 1)"
expect_status 0
expect_out '^Held: 21 files'
expect_no_process dcmdump getscu findscu
pass
