#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The DICOM files that Debian's python3-pydicom ships, in Orthanc: all come by C-MOVE, as they are; C-GET alone leaves what it
# cannot carry, with words; auto gets that by C-MOVE.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need jq dcmdump dpkg-query
LISTEN_PORT=$(free_port)
DESTS=("DICOMQR 127.0.0.1 $LISTEN_PORT")
dpkg -L python3-pydicom >"$T/list" 2>/dev/null || skip "no python3-pydicom"

# One of each SOP Instance UID; whole: Rows but no Pixel Data is what a cut file looks like.
mkdir "$T/data"
grep '/data/' "$T/list" | grep -vE '\.(py|pyc|json|txt|md)$' | while read -r file; do [ ! -f "$file" ] || echo "$file"; done |
	xargs dcmdump -q -M -Un +F +P 0008,0016 +P 0008,0018 +P 0020,000d +P 0020,000e +P 0028,0010 +P 7fe0,0010 2>/dev/null | awk '
	function take() { if (n == 4 && (!rows || pixels) && !taken[uid]++) print file }
	/^# dcmdump/ { take(); file = $NF; n = rows = pixels = 0 }
	/^\((0008,0016|0008,0018|0020,000d|0020,000e)\) UI \[[0-9.]+\]/ { n++ }
	/^\(0008,0018\)/ { uid = $3 }
	/^\(0028,0010\)/ { rows = 1 }
	/^\(7fe0,0010\)/ { pixels = 1 }
	END { take() }' | while read -r file; do cp "$file" "$T/data/${file//\//_}"; done
objects=$(files_of "$T/data" | tr -cd '\0' | wc -c)
echo "# $objects objects"
[ "$objects" -gt 100 ] || fail "only $objects objects"
start_orthanc
load_orthanc "$T/data"
node=ORTHANC@127.0.0.1:$ORTHANC_PORT

run dicom-qr "$node" --listen "$LISTEN_PORT" --auto --output "$T/moved"
expect_status 0
expect_same_objects "$T/data" "$T/moved"

run dicom-qr "$node" --method c-get --auto --output "$T/got" --save-state "$T/got.state"
expect_status 3
expect_err ' (incomplete|failed) .*(missing|cannot send)'
expect_same_objects "$T/data" "$T/got" --decoded --subset
missing=$(jq '[.studies[].missing[]?] | length' "$T/got.state")
[ "$missing" -gt 0 ] || fail "nothing is missing"
expect_files "$T/got" $((objects - missing))
jq -e 'all(.studies[]; .status == "complete" or (.error | length) > 0)' "$T/got.state" >/dev/null || fail "no words"

run dicom-qr resume --state "$T/got.state" --method auto --listen "$LISTEN_PORT"
expect_status 0
expect_same_objects "$T/data" "$T/got" --decoded

run dicom-qr "$node" --method auto --listen "$LISTEN_PORT" --auto --output "$T/auto"
expect_status 0
expect_same_objects "$T/data" "$T/auto" --decoded
