# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# For the tests of nightly runs (source it after lib.sh): an archive that changes from day to day, and a clock that is set.
#
# shellcheck disable=SC2034  # tests use the variables set here

need sqlite3
DATA=$T/data		# the archive
OUT=$T/files
OPTIONS=(--method c-get --retries 0)
mkdir "$DATA" "$T/made"

# add NAME DATE N [MODALITY]: N objects of one study, whose UID is $(uid NAME); called again with a larger N, it grows.
add() {
	local made=$T/made/$1-$3
	"$BULK" "$made" --studies 1 --series 1 --images "$3" --size 200 --prefix "1.2.3.$1" --date "$2" --modality "${4:-CT}" \
		>/dev/null || fail "bulk"
	mkdir -p "$DATA/$1"
	for made in "$made"/*; do
		[ -e "$DATA/$1/${made##*/}" ] || mv "$made" "$DATA/$1/.new"
		[ ! -e "$DATA/$1/.new" ] || mv "$DATA/$1/.new" "$DATA/$1/${made##*/}"
	done
}
uid() { echo "1.2.3.$1.2.1"; }

# serve [SCENARIO]: starts the archive, or lets the running one behave otherwise; sets NODE.
serve() {
	if [ -n "${BAD_PID-}" ] && ! gone "$BAD_PID"; then
		local before
		before=$(grep -c '^scenario reloaded' "$T/badpacs.log") || :
		printf '%s\n' "${1-}" >"$T/badpacs.scenario"
		kill -HUP "$BAD_PID"
		wait_for 20 reloaded "$before" || fail "the scenario is not read"
	else
		rm -f "$T/badpacs.port"
		start_badpacs "${1-}" "$DATA"
		NODE=PACS@127.0.0.1:$BAD_PORT
	fi
}
reloaded() { [ "$(grep -c '^scenario reloaded' "$T/badpacs.log")" -gt "$1" ]; }

# night NOW [OPTION…]: one run, as if it began then.
night() {
	RUN_LIMIT=100 run env DICOM_QR_NOW="$1" dicom-qr sync "$NODE" "${OPTIONS[@]}" --output "$OUT" "${@:2}"
}

# asked: the dates of the last query for studies.
asked() { sed -n 's/^find STUDY .* StudyDate=\([^ ]*\) .*/\1/p' "$T/badpacs.log" | tail -n 1; }
expect_asked() { [ "$(asked)" = "$1" ] || fail "$(asked) was asked for instead of $1"; }

# watermark [END]: of the run whose description ends so, else of the only one; empty without one.
watermark() {
	sqlite3 "$DICOM_QR_LEDGER" "select max(day) from sync_mark m join sync s on s.id = m.sync where s.what like '%${1-}'"
}
expect_watermark() { [ "$(watermark "${2-}")" = "$1" ] || fail "the watermark is $(watermark "${2-}") instead of $1"; }

# requests: what was asked of the archive since the log was emptied; "find STUDY", "find IMAGE", "get", one a line.
requests() { sed -n 's/^\(find [A-Z]*\|get\|move\) .*/\1/p' "$T/badpacs.log"; }
forget_log() { : >"$T/badpacs.log"; }
sent() { grep -c '^sent ' "$T/badpacs.log" || :; }
expect_sent() { [ "$(sent)" -eq "$1" ] || fail "$(sent) objects were sent instead of $1"; }

# silence: status 0 and not a word.
silence() {
	expect_status 0
	expect_no_out
	expect_no_err
}

# one_line PATTERN: standard output is one line, and this; nothing is on standard error.
one_line() {
	expect_status 0
	expect_out "$1"
	[ "$(wc -l <"$T/out")" -eq 1 ] || fail "more than one line"
	expect_no_err
}

# state_of DAY: what the calendar of the node says of it (2026-03-01).
state_of() {
	dicom-qr report "$NODE" --study-date "$1-$1" --format json 2>/dev/null | sed -n 's/.*"state": "\(.*\)".*/\1/p' | head -n 1
}
expect_day() { [ "$(state_of "$1")" = "$2" ] || fail "$1 is $(state_of "$1") instead of $2"; }
