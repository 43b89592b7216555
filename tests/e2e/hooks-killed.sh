#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Killed at each durable step in turn, with --on-study: the resumed run tells of every study, and none is told of twice but when we
# died between the end of its program and the record of that.  An interrupt waits for the program that runs, a second one ends it.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

mkdir "$T/hooks"
cat >"$T/hooks/note" <<'END'
#!/bin/bash
[ "$(find "$DICOM_QR_OUTPUT" -path '*/.dicom-qr' -prune -o -type f -print | grep -c "$2\|1338.9.4.${2##*.}\.")" = 2 ] ||
	echo "not all of $2 is there" >>"$DICOM_QR_TEST/wrong"
echo "$2 $3" >>"$CALLS"
END
# Says that it runs, then waits to be let go.
cat >"$T/hooks/wait" <<'END'
#!/bin/bash
echo "$2" >>"$DICOM_QR_TEST/begun"
until [ -e "$DICOM_QR_TEST/go" ]; do sleep 0.1; done
echo "$2" >>"$DICOM_QR_TEST/ended"
END
chmod +x "$T/hooks/note" "$T/hooks/wait"
export PATH=$T/hooks:$PATH
DATA=$T/steps
"$BULK" "$DATA" --studies 2 --series 1 --images 2 --size 2000 >/dev/null
start_bad ""
NODE=pacs://127.0.0.1:$BAD_PORT
run dicom-qr "$NODE" --review --save-state "$T/plan" --method c-get -o "$T/unused"
expect_status 0

resume() { run dicom-qr resume --state "$STATE" --output "$OUT" --on-study note --retry-wait 1; }
twice=0
for ((n = 1; ; n++)); do
	prepare_row "killed at step $n" get
	cp "$T/plan" "$STATE"
	export CALLS=$ROW/calls
	DICOM_QR_STOP_AT_COMMIT=$n resume
	[ "$status" -ne 0 ] || break
	[ "$status" -eq 137 ] || fail "step $n: status $status"
	expect_no_process note
	before=$(cat "$CALLS" 2>/dev/null || :)
	resume
	expect_status 0
	expect_same_objects "$DATA" "$OUT"
	[ "$(sort -u "$CALLS")" = "$(printf "$ROOT.2.%d complete\n" 1 2)" ] || fail "step $n: told: $(cat "$CALLS"); before: $before"
	twice=$((twice + $(sort "$CALLS" | uniq -d | wc -l)))
	cp "$CALLS" "$CALLS.then"
	resume
	expect_status 0
	cmp "$CALLS" "$CALLS.then" || fail "step $n: told again"
done
[ "$n" -ge 14 ] || fail "only $n steps"
[ "$twice" -le 2 ] || fail "$twice were told of twice"
[ ! -e "$T/wrong" ] || fail "$(cat "$T/wrong")"

# Those that a survey would pass over as held are told of as well.
published() { (cd "$OUT" 2>/dev/null && find . -path ./.dicom-qr -prune -o -type f -print) | wc -l; }
for ((n = 8; ; n++)); do
	prepare_row "killed at step $n, then a run with a limit" get
	export CALLS=$ROW/calls
	DICOM_QR_STOP_AT_COMMIT=$n fetch --on-study note
	[ "$status" -eq 137 ] || fail "never died with all published, and nothing told"
	[ "$(published)" -lt 4 ] || [ -e "$CALLS" ] || break
done
fetch --on-study note --max-images 100
expect_status 0
[ "$(sort "$CALLS")" = "$(printf "$ROOT.2.%d complete\n" 1 2)" ] || fail "told: $(cat "$CALLS")"

# A study that was told of and has grown: its verdict is the same as before, and still it is told.
cat >"$T/hooks/brief" <<'END'
#!/bin/sh
echo "$2 $DICOM_QR_RECEIVED" >>"$CALLS"
END
chmod +x "$T/hooks/brief"
"$BULK" "$T/more" --studies 1 --series 1 --images 3 --size 2000 >/dev/null
for ((n = 6; ; n++)); do
	prepare_row "grown, and killed at step $n" get
	export CALLS=$ROW/calls
	fetch --on-study brief
	expect_status 0
	cp "$T/more/0001-01-0003.dcm" "$DATA/late.dcm"
	DICOM_QR_STOP_AT_COMMIT=$n fetch --on-study brief
	[ "$status" -eq 137 ] || fail "never died with the object published, and nothing told"
	[ "$(published)" -lt 5 ] || break
	rm "$DATA/late.dcm"
done
[ "$(wc -l <"$CALLS")" -eq 2 ] || fail "told before it died: $(cat "$CALLS")"
fetch --on-study brief
expect_status 0
[ "$(tail -n 1 "$CALLS") $(wc -l <"$CALLS")" = "$ROOT.2.1 3 3" ] || fail "told: $(cat "$CALLS")"
rm "$DATA/late.dcm"

begun() { [ -s "$T/begun" ]; }
begin_waiting() {
	prepare_row "$1" get
	rm -f "$T/begun" "$T/ended" "$T/go"
	begin dicom-qr "$NODE" --auto --method c-get -o "$OUT" --save-state "$STATE" --on-study wait
	wait_for 30 begun || fail "no program was started"
}

begin_waiting "kill -9 amid the program"
finish KILL
expect_no_process wait
run dicom-qr resume --state "$STATE" --on-study true
expect_status 0
CALLS=$ROW/calls resume
[ ! -e "$ROW/calls" ] || fail "told although true has succeeded: $(cat "$ROW/calls")"

begin_waiting "another run beside it: what one owes, the other does not tell"
CALLS=$ROW/calls
dicom-qr "$NODE" --auto --method c-get -o "$OUT" --on-study note >"$ROW/beside" 2>&1 || fail "$(cat "$ROW/beside")"
[ ! -e "$CALLS" ] || fail "told by the other one: $(cat "$CALLS")"
touch "$T/go"
finish
expect_status 0
[ "$(sort -u "$T/ended" | wc -l)" -eq 2 ] || fail "told: $(cat "$T/ended")"
[ "$(wc -l <"$T/ended")" -eq 2 ] || fail "told twice: $(cat "$T/ended")"

begin_waiting "interrupted once"
kill -INT "$running"
! wait_for 1 gone "$running" || fail "the program was not waited for"
touch "$T/go"
finish
expect_status 130
[ "$(wc -l <"$T/ended")" -eq 1 ] || fail "another program was started"
expect_same_objects "$DATA" "$OUT" --subset
CALLS=$ROW/calls resume
expect_status 0
[ "$(wc -l <"$ROW/calls")" -eq 1 ] || fail "told: $(cat "$ROW/calls")"

begin_waiting "interrupted twice"
kill -INT "$running"
! wait_for 1 gone "$running" || fail "the program was not waited for"
finish INT
expect_status 130
expect_no_process wait
[ ! -e "$T/ended" ] || fail "it ended by itself"
CALLS=$ROW/calls resume
expect_status 0
[ "$(wc -l <"$ROW/calls")" -eq 2 ] || fail "told: $(cat "$ROW/calls")"
