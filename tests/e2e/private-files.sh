#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# All that is written is for its owner alone: objects, folders, state, ledger, log, scratch and staging, also under an open
# umask; --mode opens the objects and the state, and nothing else.
. "${srcdir:-.}/tests/lib.sh" || exit 1

umask 0
"$BULK" "$T/data" --studies 1 --series 2 --images 3 --size 2000 >/dev/null
LISTEN_PORT=$(free_port)
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
retrieve-truncate 1.2.826.0.1.3680043.10.1338.9.4.1.1.1 times 1
object-delay 150" "$T/data"
NODE=pacs://127.0.0.1:$BAD_PORT

# only FOLDERS FILES PATH…: these modes, and no other
only() {
	local others
	others=$(find "${@:3}" \( -type d ! -perm "$1" -o ! -type d ! -perm "$2" \) -printf '%m %p\n' 2>/dev/null)
	[ -z "$others" ] || fail "not $1 and $2: $others"
}
scratch() { find /dev/shm "${TMPDIR:-/tmp}" -maxdepth 1 -name "dicom-qr-$(id -u)-$running-*" 2>/dev/null; }

for method in c-get c-move; do
	begin dicom-qr "$NODE" --auto --method $method --listen "$LISTEN_PORT" -o "$T/$method/files" --hierarchical \
		--save-state "$T/$method.state" --log-file "$T/$method.log" --retry-wait 0
	wait_for 30 grep -q "^sent .* ${method#c-}" "$T/badpacs.log" || fail "nothing was sent"
	[ -n "$(scratch)" ] || fail "no scratch folder"
	# shellcheck disable=SC2046  # words
	only 700 600 $(scratch) "$T/$method"
	finish
	expect_status 0
	[ -z "$(scratch)" ] || fail "scratch was left: $(scratch)"
	[ -n "$(find "$T/$method" -path '*/quarantine/*.reason')" ] || [ $method = c-move ] || fail "nothing was quarantined"
	only 700 600 "$T/$method" "$T/$method.state" "$T/$method.log" "$DICOM_QR_LEDGER"*
	expect_same_objects "$T/data" "$T/$method/files"
done

run dicom-qr "$NODE" --auto --method c-get -o "$T/open" --hierarchical --mode 022 --save-state "$T/open.state" --log-file "$T/open.log"
expect_status 0
only 755 644 "$T/open" "$T/open.state"
only 700 600 "$T/open.log" "$DICOM_QR_LEDGER"*
