#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --metrics: what a run came to, in the text format of the node exporter, whole at every moment, readable by all, also when it fails.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
start_bad "retrieve-lose $OBJECT"
FILE=$T/exporter/dicom-qr.prom
mkdir "$T/exporter"

# strictly: each line is understood, each series has its HELP and TYPE before it and is there once, labels and numbers are well-formed
strict() {
	awk '
		function bad(why) { print "line " NR ": " why ": " $0; failed = 1 }
		/^# HELP [a-z_]+ ./ { if ($3 in help) bad("again"); help[$3]; next }
		/^# TYPE [a-z_]+ gauge$/ { if (!($3 in help) || $3 in type) bad("order"); type[$3]; next }
		!/^dicom_qr_[a-z_]+\{[a-z]+="([^"\\]|\\["\\n])*"(,[a-z]+="([^"\\]|\\["\\n])*")*\} [0-9]+(\.[0-9]+)?$/ { bad("form"); next }
		{ name = $0; sub(/\{.*/, "", name); key = $0; sub(/ [0-9.]+$/, "", key)
		  if (!(name in type)) bad("no type")
		  if (key in seen) bad("again")
		  seen[key]; n++ }
		END { if (n < 25) { print "only " n " series"; failed = 1 } exit failed }' "$1" || fail "$1"
	[ "$(tail -c 1 "$1" | od -An -tu1 | xargs)" = 10 ] || fail "no line feed at the end"
}
# value NAME [LABEL="VALUE"]: of the only such series
value() {
	sed -n "s/^dicom_qr_$1{command=\"[^\"]*\",node=\"[^\"]*\"${2:+,$2}} //p" "$FILE"
}
expect_value() {
	local got
	got=$(value "$1" "${3-}")
	[ "$got" = "$2" ] || fail "$1 ${3-} is '$got', not '$2'"
}

echo "# incomplete"
prepare_row "incomplete" get
fetch --metrics "$FILE"
expect_status 3
strict "$FILE"
[ "$(stat -c %a "$FILE")" = 644 ] || fail "mode $(stat -c %a "$FILE")"
[ "$(ls -A "$T/exporter")" = dicom-qr.prom ] || fail "left: $(ls -A "$T/exporter")"
grep -qF "{command=\"dicom-qr\",node=\"ANY-SCP@127.0.0.1:$BAD_PORT\"}" "$FILE" || fail "labels"
expect_value last_run_exit_status 3
expect_value last_success_timestamp_seconds 0
expect_value last_run_studies 2 'verdict="complete"'
expect_value last_run_studies 1 'verdict="incomplete"'
expect_value last_run_studies 0 'verdict="wanted"'
expect_value last_run_objects 23
expect_value last_run_queries "$(grep -c '^find ' "$T/badpacs.log")"
expect_value last_run_retrievals "$(grep -c '^get ' "$T/badpacs.log")"
expect_value last_run_bytes "$(find "$OUT" -path '*/.dicom-qr' -prune -o -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')"
now=$(date +%s)
[ "$(value last_run_timestamp_seconds)" -le "$now" ] && [ "$(value last_run_timestamp_seconds)" -gt $((now - 100)) ] || fail "time"

echo "# complete, by a node that has a name, and a failing hook"
: >"$T/badpacs.scenario"
: >"$T/badpacs.log"
kill -HUP "$BAD_PID"
wait_for 30 grep -q '^scenario reloaded' "$T/badpacs.log"
run dicom-qr node add the-pacs "127.0.0.1:$BAD_PORT"
expect_status 0
run dicom-qr the-pacs --auto --method c-get -o "$OUT" --metrics "$FILE" --on-study false -q --mode 077
expect_status 3
strict "$FILE"
grep -qF '{command="dicom-qr",node="the-pacs"}' "$FILE" || fail "labels"
expect_value last_run_exit_status 3
expect_value last_run_studies 3 'verdict="complete"'
expect_value last_run_objects 1
expect_value last_run_hooks 1
expect_value last_run_hook_failures 1
expect_value last_run_hooks_owed 1
run dicom-qr the-pacs --auto --method c-get -o "$OUT" --metrics "$FILE" --on-study true -q --mode 077
expect_status 0
expect_value last_run_exit_status 0
success=$(value last_success_timestamp_seconds)
[ "$success" = "$(value last_run_timestamp_seconds)" ] || fail "this was a success"
[ "$(stat -c %a "$FILE")" = 644 ] || fail "mode $(stat -c %a "$FILE")"

echo "# a reader never sees a part of it"
read_on() {
	while [ ! -e "$T/enough" ]; do
		cp "$FILE" "$T/seen" && strict "$T/seen"
	done
}
read_on &
reader=$!
for _ in 1 2 3 4; do
	run dicom-qr the-pacs --auto --method c-get -o "$OUT" --metrics "$FILE" -q
	expect_status 0
done
touch "$T/enough"
wait $reader || fail "a reader saw something else"
success=$(value last_success_timestamp_seconds)

echo "# the PACS cannot be reached: then above all; the last success is remembered, of this node alone"
stop_peer "$BAD_PID"
run dicom-qr the-pacs --auto --method c-get -o "$OUT" --metrics "$FILE" --retries 0
expect_status 5
strict "$FILE"
expect_value last_run_exit_status 5
expect_value last_run_studies 0 'verdict="complete"'
expect_value last_success_timestamp_seconds "$success"
[ "$(value last_run_timestamp_seconds)" -ge "$success" ] || fail "time"
run dicom-qr 127.0.0.1:"$BAD_PORT" --auto --method c-get -o "$OUT" --metrics "$FILE" --retries 0
expect_status 5
expect_value last_success_timestamp_seconds 0

echo "# what is there may be anything"
head -c 3000 /dev/urandom >"$FILE"
run dicom-qr the-pacs --auto --method c-get -o "$OUT" --metrics "$FILE" --retries 0
expect_status 5
strict "$FILE"

echo "# a dry run leaves it alone; a folder that is not there is said at once"
cp "$FILE" "$T/before"
run dicom-qr the-pacs --auto --dry-run --method c-get -o "$OUT" --metrics "$FILE" --retries 0
expect_status 5
cmp "$FILE" "$T/before" || fail "changed by a dry run"
for bad in "$T/none/x.prom" "$T/exporter"; do
	run dicom-qr the-pacs --auto --method c-get -o "$OUT" --metrics "$bad" --retries 0
	expect_status 2
	expect_only_err '^dicom-qr: error: --metrics '
done
! grep -riq 'bulk' "$T/exporter" || fail "a patient is in it"
