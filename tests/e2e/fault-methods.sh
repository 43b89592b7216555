#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What one method cannot bring, the other or another transfer syntax can; and the ways of a C-MOVE.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
fault "no C-GET" auto all "get-unsupported"
fault "C-GET refused, 0122" auto all "get-refuse 0122"
fault "no C-GET and no other way" get "fails 6 does not offer this service" "get-unsupported"
fault "C-GET fails for one object" auto all "get-fail $OBJECT"
fault "C-GET loses one object" auto all "get-lose $OBJECT"
fault "move destination unknown" move "fails 6 AE title DICOMQR at this host, port $LISTEN_PORT" "move-unknown-destination"
fault "move destination unknown, C-GET left" auto "lacks 1 1 of 8 objects missing" "move-unknown-destination
	retrieve-lose $OBJECT"
fault "objects after the final response" move all "move-late 1 3"
fault "an association for each object" move all "move-associations each"
fault "association to us aborted" move all "move-sub-abort-after 5 times 1"

# A class that getscu does not propose.
class=1.2.840.10008.5.1.4.1.1.30
uncarried() {
	cp -r "$DATA" "$T/uncarried"
	DATA=$T/uncarried
	find "$DATA" -name '0002-01-0003*' -exec dcmodify -q -nb -m "(0008,0016)=$class" {} +
}
need dcmodify dcmcrle sqlite3
uncarried
fault "class that C-GET cannot carry" auto all ""
fault "class that C-GET cannot carry, no C-MOVE" get "lacks 1 getscu offers no presentation context" ""
make_data
fault "class that C-GET cannot carry, no list" auto again "find-level-refuse IMAGE c000"

# Compressed: badpacs never decompresses.
compress() {
	local file
	cp -r "$DATA" "$T/compressed"
	DATA=$T/compressed
	for file in "$DATA"/*; do
		dcmcrle -q "$file" "$file.new" && mv "$file.new" "$file"
	done
}
compress
fault "compressed objects" "get auto move" all ""
fault "nearline and compressed" "get auto move" all "find-nearline $STUDY"
fault "C-MOVE of several studies decompresses" move all "move-lists-decompress"
[ "$(grep -c '^move STUDY' "$T/badpacs.log")" -eq 3 ] || fail "not one C-MOVE a study"
[ "$(grep -c '^association requested .*DICOMQR' "$T/badpacs.log")" -le 4 ] || fail "not one association"
# Where it is known that lists travel as stored, one C-MOVE names all.
prepare_row "C-MOVE of several studies, as stored" move
start_bad ""
dicom-qr query "pacs://127.0.0.1:$BAD_PORT" --quiet >"$T/out" 2>&1 || fail "query"
sqlite3 "$DICOM_QR_LEDGER" "INSERT INTO learned(node, what, value, at, times) VALUES ('ANY-SCP@127.0.0.1:$BAD_PORT', 'move-lists', 'as-stored', 0, 1)"
fetch
judge_words all
[ "$(grep -c '^move STUDY' "$T/badpacs.log")" -eq 1 ] || fail "not one C-MOVE"
stop_peer "$BAD_PID"
make_data
