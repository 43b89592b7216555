#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# An object that always comes damaged in the same way is asked for twice at most in the first night and once in each that follows, and
# lies in the quarantine once.  The same of an object that was sent under another's name: it does not stand in for it.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 1 --series 1 --images 6 --size 20000 >/dev/null
root=1.2.826.0.1.3680043.10.1338.9.4.1.1
LISTEN_PORT=$(free_port)
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
retrieve-truncate $root.2
retrieve-uid-inside $root.4 as 1.2.3.4.5" "$T/data"

# night METHOD OUT
night() {
	: >"$T/badpacs.log"
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --listen "$LISTEN_PORT" --method "$1" -o "$2" --retry-wait 0
	expect_status 3
	expect_err "2 of 6 objects missing: it came damaged and was quarantined"
	[ "$(find "$2/.dicom-qr/quarantine" -type f ! -name '*.reason' | wc -l)" -eq 2 ] || fail "not once in quarantine: $(ls "$2/.dicom-qr/quarantine")"
	[ "$(find "$2/.dicom-qr/quarantine" -name '*.reason' | wc -l)" -eq 2 ] || fail "not a reason for each"
	expect_files "$2" 4
}
# sent AT-MOST
sent() {
	for sop in $root.2 $root.4; do
		[ "$(grep -c "^sent $sop " "$T/badpacs.log")" -le "$1" ] || fail "$sop was sent $(grep -c "^sent $sop " "$T/badpacs.log") times"
	done
}

for method in c-get c-move; do
	night $method "$T/$method"
	sent 2
	expect_err "the same bytes came before"
	night $method "$T/$method"
	sent 1
done

# Another method may bring what this one did not.
night auto "$T/auto"
sent 3
run dicom-qr verify "$T/auto"
expect_status 0
