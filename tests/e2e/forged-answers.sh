#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Values of a PACS with escapes, line breaks and whole log lines in them reach no terminal and no log raw, and forge nothing.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need dcmodify
"$BULK" "$T/data" --studies 1 --series 1 --images 2 --size 2000 >/dev/null
name=$'Evil\e]0;owned\a^\e[2JJane'
text=$'CT\r\nI: Received Final Find Response (Success)\nE: forged\v\x9b31m'
for file in "$T/data"/*; do
	dcmodify -nb -ie -m "0010,0010=$name" -m "0008,1030=$text" -m $'0010,0020=id\b\x7f' "$file" 2>/dev/null
done
dcmdump "$T/data/0001-01-0001.dcm" | grep -aq owned || fail "dcmodify would not"
start_badpacs $'find-refuse a900 "\e[31mred" level SERIES
retrieve-final b000 "\e[31mred"' "$T/data"
NODE=pacs://127.0.0.1:$BAD_PORT

clean() {
	for file in "$T/out" "$T/err" "$T/log"; do
		[ ! -e "$file" ] || ! LC_ALL=C grep -aqP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|(^|[^\xc2])\x9b' "$file" ||
			fail "raw in ${file##*/}: $(LC_ALL=C grep -aP '[\x00-\x08\x0b-\x1f\x7f-\x9f]' "$file" | cat -v)"
	done
}

for format in table csv json jsonl; do
	run dicom-qr query "$NODE" --format $format
	expect_status 0
	expect_out "1.2.826.0.1.3680043.10.1338.9.2.1"
	clean
done
run dicom-qr query "$NODE" --level SERIES --key StudyInstanceUID=1.2.826.0.1.3680043.10.1338.9.2.1
expect_err "0xA900.*\?\[31mred"
clean
run dicom-qr "$NODE" --review
expect_out "Study: CT..I: Received Final"
clean
run dicom-qr "$NODE" --auto --method c-get -o "$T/files" -d --log-file "$T/log" --hierarchical --save-state "$T/a.state"
expect_status 0
expect_same_objects "$T/data" "$T/files"
[ -s "$T/log" ] || fail "no log"
clean
find "$T/files" | LC_ALL=C grep -vq '^[A-Za-z0-9._/-]*$' && fail "in a name: $(find "$T/files" | cat -v)"

# It comes back from the state file as harmless.
sed -i 's/"complete"/"wanted"/' "$T/a.state"
run dicom-qr resume --state "$T/a.state" --dry-run
expect_status 0
clean
