#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# verify DIR tells what is missing, changed, unreadable or a stranger, and nothing of what is as it was.
. "${srcdir:-.}/tests/lib.sh" || exit 1

make_archive
some_of_archive 's1-*' 's2-*' 's7-*'
load_dcmqrscp "$SOME"
start_dcmqrscp PACS
choose_pacs dcmqrscp
run dicom-qr verify "$T"
expect_status 2
expect_err 'has no manifest'
run dicom-qr verify "$T/nowhere"
expect_status 2

run dicom-qr "$NODE" --method c-get --auto --output "$OUT" --layout '{PatientID}/{StudyDate}/{SOPInstanceUID}.dcm' --save-state "$T/my.state"
expect_status 0
mv "$T/my.state" "$OUT"
run dicom-qr verify "$OUT"
expect_status 0
expect_out '^Verified: 34 files of 3 studies, .*: 34 good, 0 missing, 0 changed, 0 unreadable, 0 strangers$'
run dicom-qr verify "$OUT" -q
expect_status 0
[ ! -s "$T/out" ] || fail "quiet says something"

# one of each, and file names that other programs give
mapfile -t files < <(cd "$OUT" && find . -name '*.dcm' -printf '%P\n' | sort)
rm "$OUT/${files[0]}"
printf 'x' | dd of="$OUT/${files[1]}" bs=1 seek=700 conv=notrunc status=none
truncate -s -100 "$OUT/${files[2]}"
chmod 000 "$OUT/${files[3]}"
mkdir "$OUT/it's a \"folder\""
cp "$ARCHIVE/s1-1-1.dcm" "$OUT/it's a \"folder\"/# new
line.dcm"
echo hello >"$OUT/$(printf 'note\033[31m')"
run dicom-qr verify "$OUT"
expect_status 3
expect_out "^missing +${files[0]}"
expect_out "^changed +${files[1]} +its size is right, its content is another"
expect_out "^changed +${files[2]} +[0-9]+ bytes instead of [0-9]+; .*premature end"
expect_out 'folder.*new.line\.dcm +a DICOM object that no manifest knows'
expect_out '^stranger +note.\[31m +'
if grep -q $'\033' "$T/out"; then fail "a control character came through"; fi
if [ "$(id -u)" -ne 0 ]; then
	expect_out "^unreadable +${files[3]} +Permission denied"
	expect_out ': 30 good, 1 missing, 2 changed, 1 unreadable, 2 strangers$'
else
	expect_out ': 31 good, 1 missing, 2 changed, 0 unreadable, 2 strangers$'
fi
chmod 600 "$OUT/${files[3]}"

run dicom-qr verify "$OUT" --format json
expect_status 3
expect_out '"missing": 1,'
expect_out '"finding": "stranger",'

# what is damaged can be put aside, and is asked for again then
run dicom-qr verify "$OUT" --set-aside
expect_status 3
expect_out "^changed +${files[2]} .* yes$"
expect_files "$OUT/.dicom-qr/quarantine" 4
run dicom-qr verify "$OUT"
expect_out ': 31 good, 3 missing, 0 changed, 0 unreadable, 2 strangers$'
run dicom-qr "$NODE" --method c-get --auto --output "$OUT" --layout '{PatientID}/{StudyDate}/{SOPInstanceUID}.dcm'
expect_status 0
expect_err ' 3 objects'
run dicom-qr verify "$OUT"
expect_out ': 34 good, 0 missing, 0 changed, 0 unreadable, 2 strangers$'
expect_no_process dcmdump getscu findscu
pass
