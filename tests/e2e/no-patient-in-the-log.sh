#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Log lines carry UIDs and no patient, unless --log-phi says so; nothing that a PACS says makes a terminal obey.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need dcmodify
make_archive
some_of_archive 's1-*' 's2-*'
escape=$(printf '\033]0;evil\007\033[31m')
turned=$'\u202egnp\u200b'	# what follows is written from right to left; a space without width
dcmodify -nb -i "(0008,0005)=ISO_IR 192" -i "(0008,1030)=MR$escape$turned" -i "(0010,0010)=Nasty$escape$turned" "$SOME"/s2-*
start_badpacs 'retrieve-lose 1.2.826.0.1.3680043.10.1338.4.1.1.1' "$SOME"
NODE=PACS@127.0.0.1:$BAD_PORT
OUT=$T/out-of-it
patient='P-100|LLER|[Nn]asty|19[0-9]{6}'	# numbers, names, birth dates
no_patient() {
	! grep -aEq -- "$patient" "$1" || fail "a patient in ${1##*/}: $(grep -aEm1 -- "$patient" "$1")"
}
obeyed() { LC_ALL=C grep -aqE $'[\x01-\x08\x0b-\x1f\x7f]|\u202e|\u200b' "$1"; }

for level in -v -d; do
	run dicom-qr "$NODE" --method c-get --auto --output "$OUT" --hierarchical --validate --retries 0 "$level" --log-file "$T/log" \
		--patient-id 'P-100*' --patient-name '*'
	expect_status 3
	no_patient "$T/log"
	# what goes to the terminal
	for file in "$T/out" "$T/err" "$T/log"; do
		! obeyed "$file" || fail "a control character in ${file##*/}"
	done
	rm -f "$T/log"
done

# a file whose folder is named by its patient: by its UID, unless it is wanted otherwise
file=$(find "$OUT" -name '*.dcm' -path '*/P-1001/*' | sort | head -1)
uid=$(basename "$file" .dcm)
dd if=/dev/zero of="$file" bs=400 count=1 conv=notrunc status=none
run dicom-qr "$NODE" --method c-get --auto --output "$OUT" --hierarchical --validate --retries 0 --log-file "$T/log"
expect_status 3
grep -q "invalid: SOP Instance UID $uid, " "$T/log" || fail "no UID in the log"
rm "$file"
printf 'x' >"$file"
run dicom-qr verify "$OUT" --log-file "$T/log"
expect_status 3
no_patient "$T/log"
chmod 700 "$OUT"
rm -r "$OUT/P-1001" "$OUT/.dicom-qr"
echo "in the way" >"$OUT/P-1001"
run dicom-qr "$NODE" --method c-get --auto --output "$OUT" --hierarchical --retries 0 --log-file "$T/log" --study-uid "$(study 1)"
expect_status 7
no_patient "$T/log"
grep -q "$OUT/\*" "$T/log" || fail "the folder is not named"
run dicom-qr "$NODE" --method c-get --auto --output "$OUT" --hierarchical --retries 0 --log-phi --log-file "$T/log2" --study-uid "$(study 1)"
expect_status 7
grep -q "$OUT/P-1001" "$T/log2" || fail "--log-phi shows no more"
[ "$(stat -c %a "$T/log")" = 600 ] || fail "others can read the log"

# a program gets what the PACS said
run dicom-qr query "$NODE" --format json
jq -e --arg turned "$turned" '[.. | strings | select(contains($turned))] | length >= 1' <"$T/out" >/dev/null || fail "JSON lacks U+202E"

# tables, lists, plans and stories
for command in "query $NODE" "query $NODE --format csv" "query $NODE --format json" "$NODE --review" "$NODE --method c-get --dry-run" \
	"explain $(study 2)" "report --incomplete" status history "verify $OUT"; do
	# shellcheck disable=SC2086  # words
	run dicom-qr $command
	for file in "$T/out" "$T/err"; do
		! obeyed "$file" || fail "a control character from $command"
	done
done
expect_no_process getscu findscu dcmdump
pass
