#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# C-MOVE to another archive that nodes.json knows: it is asked what arrived.  What the PACS counted as sent and what did not arrive is
# missing, with its UID; an archive that cannot be asked leaves the studies unverified.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 3 --series 2 --images 4 --size 400 >/dev/null
root=1.2.826.0.1.3680043.10.1338.9
need jq
start_orthanc ARCHIVE
scenario() { printf '%s\n' "destination ARCHIVE 127.0.0.1 $ORTHANC_PORT" "$@"; }
start_badpacs "$(scenario)" "$T/data"
move() { run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --move-dest ARCHIVE -o "$T/$1" --save-state "$T/$1.state" --retry-wait 0 "${@:2}"; }

# Nobody knows the archive: what was counted is all that can be said.
move unknown
expect_status 0
expect_err '3 studies: 3 unverified'
expect_err '^The files went to ARCHIVE, unseen here'

dicom-qr node add archive "ARCHIVE@127.0.0.1:$ORTHANC_PORT" --number 1
move known
expect_status 0
expect_err '3 studies: 3 complete'
expect_no_err 'unseen here'
expect_files "$T/known" 0

# An object is lost on its way, and counted as sent.
curl -sSf --noproxy '*' -X POST "http://127.0.0.1:$ORTHANC_HTTP/tools/lookup" -d "$root.2.2" | jq -r '.[].Path' | while read -r path; do
	curl -sSf --noproxy '*' -X DELETE "http://127.0.0.1:$ORTHANC_HTTP$path" >/dev/null
done
stop_peer "$BAD_PID"
start_badpacs "$(scenario "retrieve-lose $root.4.2.1.3")" "$T/data"
move lost --first-timeout 10
expect_status 3
expect_err "incomplete .*1 of 8 objects have not arrived at ARCHIVE"
expect_err '3 studies: 2 complete, 1 incomplete'
[ "$(jq -r '.studies[].missing[]?.sopInstanceUID' "$T/lost.state")" = "$root.4.2.1.3" ] || fail "the state file does not name it"

# The archive is away.
stop_peer "$ORTHANC_PID"
stop_peer "$BAD_PID"
start_storescp ELSEWHERE
start_badpacs "destination ARCHIVE 127.0.0.1 $STORE_PORT" "$T/data"
move away
expect_status 0
expect_err '3 studies: 3 unverified'
expect_err 'unseen here'
expect_no_process findscu movescu
