#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a killed run left in the staging folder is taken in by whatever run comes next, as far as the killed one wanted it; what nobody
# asked for is quarantined.  On another machine, without the ledger, the state file says what was wanted, and only what is missing is
# fetched.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 2 --series 1 --images 6 --size 2000 >/dev/null
"$BULK" "$T/other" --studies 1 --series 1 --images 1 --size 2000 --prefix 1.2.3.4 >/dev/null
first=1.2.826.0.1.3680043.10.1338.9.2.1 second=1.2.826.0.1.3680043.10.1338.9.2.2
rules="retrieve-foreign $T/other/0001-01-0001.dcm study $first times 1
retrieve-stall-after 4 600 study $first times 1"

five() { [ "$(find "$out/.dicom-qr" -path '*/run-*' -type f ! -name lock ! -name .job | wc -l)" -ge 5 ]; }

# killed OUT: amid the first study, with four of its objects and a foreign one in the staging folder; its state is OUT.state
killed() {
	out=$1
	rm -f "$T/badpacs.log"
	start_badpacs "$rules" "$T/data"
	NODE=127.0.0.1:$BAD_PORT
	begin dicom-qr retrieve "$NODE" --study-uid $first --method c-get -o "$out" --save-state "$out.state"
	wait_for 30 grep -q '^fault stall-after' "$T/badpacs.log" || fail "no stall"
	wait_for 30 five || fail "five files never came"
	finish KILL
}
# not_again: nothing was sent twice
not_again() {
	local twice
	twice=$(grep '^sent ' "$T/badpacs.log" | sort | uniq -d)
	[ -z "$twice" ] || fail "sent again: $twice"
}
quarantined() { find "$out/.dicom-qr/quarantine" -type f ! -name '*.reason' 2>/dev/null | wc -l; }

# Another job into the same folder.
killed "$T/a"
run dicom-qr retrieve "$NODE" --study-uid $second --method c-get -o "$out"
expect_status 0
expect_err '1 complete; 6 objects'
[ "$(quarantined)" -eq 1 ] || fail "not the foreign object alone is in quarantine"
grep -q '"reason":"not asked for"' "$out"/.dicom-qr/quarantine/1.2.3.4.*.reason || fail "no reason"
[ "$(find "$out" -maxdepth 1 -name 'CT.*' | wc -l)" -ge 9 ] || fail "the objects of the first study were not taken in"
run dicom-qr resume --state "$out.state" --retry-wait 0
expect_status 0
expect_same_objects "$T/data" "$out"
not_again
stop_peer "$BAD_PID"

# Another machine: output and state file, no ledger; whatever path they have there.
killed "$T/b"
mkdir "$T/there"
cp -a "$out" "$T/there/files"
cp -a "$out.state" "$T/there/state"
rm -r "$out" "$out.state" "$DICOM_QR_LEDGER"*
out=$T/there/files
run dicom-qr resume --state "$T/there/state" --output "$out" --retry-wait 0
expect_status 0
expect_same_objects "$T/data" "$out" --subset
expect_files "$out" 6
not_again
[ "$(quarantined)" -eq 1 ] || fail "not the foreign object alone is in quarantine"
before=$(grep -cE '^(get|sent) ' "$T/badpacs.log")
rm "$DICOM_QR_LEDGER"* "$out/$(find "$out" -maxdepth 1 -name 'CT.*' -printf '%f\n' | sort | head -1)"
sed -i 's/"complete"/"wanted"/' "$T/there/state"
run dicom-qr resume --state "$T/there/state" --output "$out" --retry-wait 0
expect_status 0
[ "$(grep -cE '^(get|sent) ' "$T/badpacs.log")" -eq $((before + 2)) ] || fail "more than the one that is missing was asked for"
expect_files "$out" 6
stop_peer "$BAD_PID"

# Nobody knows what the killed run wanted: it is kept, but not mixed in.
killed "$T/c"
rm "$DICOM_QR_LEDGER"*
run dicom-qr retrieve "$NODE" --study-uid $second --method c-get -o "$out" --verbose
expect_status 0
expect_err 'what it wanted is unknown'
[ "$(quarantined)" -ge 5 ] || fail "objects of nobody knows whom were mixed in"
expect_files "$out" 6
