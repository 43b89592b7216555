#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Killed at its n-th durable step (ledger commit, published file, state file), for n = 1, 2, 3 ...: the resumed run ends with
# the files and the ledger of an uninterrupted one, nothing published is sent again, and a further run asks for nothing.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

need sqlite3
make_data
DATA=$T/steps
"$BULK" "$DATA" --studies 3 --series 1 --images 4 --size 2000 >/dev/null

# ledger_of: the last verdict on each study, and the instances.
ledger_of() {
	sqlite3 "$DICOM_QR_LEDGER" 'select study_uid, verdict, expected, received from study s
		where job = (select max(job) from study where study_uid = s.study_uid) order by 1;
		select sop, bytes, sha256, path from instance order by 1' | sed "s|$ROW|ROW|g"
}

published() { (cd "$OUT" 2>/dev/null && find . -path ./.dicom-qr -prune -o -type f -print) | sed 's|.*/CT\.||' | sort; }

sent() { sed -n 's/^sent \([^ ]*\) .*/\1/p' "$T/badpacs.log" | sort; }

start_bad ""
resume() { run dicom-qr resume --state "$STATE" --output "$OUT" --retry-wait 1; }

# What was published when it died must not be sent afterwards.
expect_published_once() {
	[ "$n" -gt 1 ] || [ "$(sent | wc -l)" -eq 12 ] || fail "the log does not show what is sent"
	sent | comm -12 - "$ROW/published" >"$ROW/again"
	[ ! -s "$ROW/again" ] || fail "step $n: published, yet sent again: $(cat "$ROW/again")"
}

empty_log() { : >"$T/badpacs.log"; }

# kill_at N METHOD: false when the run has fewer steps.
kill_at() {
	n=$1
	prepare_row "killed at step $n" "$2"
	cp "$T/plan-$2" "$STATE"
	DICOM_QR_STOP_AT_COMMIT=$n resume
	[ "$status" -ne 0 ] || return 1
	[ "$status" -eq 137 ] || fail "step $n: status $status"
	published >"$ROW/published"
	empty_log
}

for method in get move; do
	prepare_row "uninterrupted" $method
	fetch
	judge all
	ledger_of >"$T/ledger.whole"
	[ "$(wc -l <"$T/ledger.whole")" -eq 15 ] || fail "the ledger is not what this test reads"
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --review --save-state "$T/plan-$method" "${HOW[@]}"
	expect_status 0
	step=1
	while kill_at $step $method; do
		resume
		expect_status 0
		expect_published_once
		expect_same_objects "$DATA" "$OUT"
		ledger_of | diff "$T/ledger.whole" - || fail "step $n: another ledger"
		empty_log
		resume
		expect_status 0
		! grep -Eq '^(get|move) ' "$T/badpacs.log" || fail "step $n: the third run asked for something"
		[ -z "$(find "$OUT/.dicom-qr" -path '*/run-*' -type f ! -name lock ! -name .job)" ] || fail "step $n: objects were left behind"
		step=$((step + (${#method} == 3 ? 1 : 2)))	# every step by C-GET, every second by C-MOVE
	done
	echo "# $n steps"
	[ "$n" -ge 20 ] || fail "only $n steps"
done

# Another machine has the state file and the output, and no ledger.
for n in 4 8 16; do
	kill_at $n get
	echo "# on another machine"
	mv "$OUT" "$ROW/there"
	OUT=$ROW/there DICOM_QR_LEDGER=$ROW/there.db
	resume
	expect_status 0
	expect_published_once
	expect_same_objects "$DATA" "$OUT"
	[ "$(ledger_of | grep -c CT.)" -eq 12 ] || fail "step $n: what was brought along is not in the ledger"
done
