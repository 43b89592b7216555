#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A PACS that cuts lists of objects at a limit below the size of the study and says nothing, with and without counts, of one series and
# of several: undisturbed, with a lost connection, busy at first, and killed and resumed.  While an object is missing no run says
# complete and none ends with status 0; a limit above the size of the study changes nothing.  SILENT_LIMITS=all takes every combination.
. "${srcdir:-.}/tests/lib.sh" || exit 1

LISTEN_PORT=$(free_port)
NO_COUNTS="find-omit NumberOfStudyRelatedInstances NumberOfSeriesRelatedInstances NumberOfStudyRelatedSeries"
"$BULK" "$T/one-300" --studies 1 --series 1 --images 300 --size 64 >/dev/null
"$BULK" "$T/three-300" --studies 1 --series 3 --images 100 --size 64 >/dev/null
"$BULK" "$T/one-600" --studies 1 --series 1 --images 600 --size 64 >/dev/null
"$BULK" "$T/two-1200" --studies 1 --series 2 --images 600 --size 64 >/dev/null

here() { files_of "$OUT" | tr -cd '\0' | wc -c; }
some_here() { [ -d "$OUT" ] && [ "$(here)" -ge "$1" ]; }

# ask: one run; what it says must be true.  Sets words, its verdict, or status.
ask() {
	local how=(--method c-get)
	[ "$METHOD" = get ] || how=(--method c-move --listen "$LISTEN_PORT")
	words=(dicom-qr "127.0.0.1:$BAD_PORT" --auto "${how[@]}" -o "$OUT" --retry-wait 0 --retries 2 --first-timeout 5 --stall-timeout 5)
	if [ "${1-}" = kill ]; then
		begin "${words[@]}"
		wait_for 60 some_here "$2" || fail "nothing came"
		finish KILL
		return
	fi
	run "${words[@]}"
	runs=$((runs + 1))
	[ "$(here)" -lt "$SIZE" ] || return 0
	expect_no_err '^\[1/1\] complete '
	[ "$status" -ne 0 ] || fail "status 0 with $(here) of $SIZE objects"
}

# peer RULE…: what the PACS does from now on.
peer() {
	: >"$T/badpacs.log"
	printf '%s\n' "$@" "destination DICOMQR 127.0.0.1 $LISTEN_PORT" >"$T/badpacs.scenario"
	kill -HUP "$BAD_PID"
	wait_for 10 grep -q '^scenario reloaded' "$T/badpacs.log" || fail "not reloaded"
}

# limited LIMIT COUNTS SHAPE DISTURBANCE METHOD
limited() {
	local rules=("find-cap $1 silent level IMAGE")
	[ "$2" = counts ] || rules+=("$NO_COUNTS")
	SIZE=${3#*-} METHOD=$5 OUT=$T/files
	rm -rf "$OUT" "$T"/ledger.db*
	echo "# limit $1, $2, $3, $4, $5"
	case $4 in
	undisturbed) peer "${rules[@]}" ;;
	lost) peer "${rules[@]}" "retrieve-close-after 120 times 1" ;;
	busy) peer "${rules[@]}" "retrieve-first-fails 2 a702" ;;
	killed) peer "${rules[@]}" "retrieve-stall-after 120 600 times 1" && ask kill 110 ;;
	esac
	ask
	[ "$1" -gt "$SIZE" ] || [ "$(here)" -eq "$SIZE" ] || ask
	[ "$(here)" -eq "$SIZE" ] || fail "$(here) of $SIZE objects after two runs"
	[ "$1" -le "$SIZE" ] || expect_err '^\[1/1\] complete '
}

runs=0 number=0
disturbances=(undisturbed lost busy killed)
for shape in one-300 three-300 one-600 two-1200; do
	start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$T/$shape"
	for limit in 20 50 100 120 128 200 250 256 500 512 1000; do
		for counts in counts none; do
			for disturbance in "${disturbances[@]}"; do
				for method in get move; do
					number=$((number + 1))
					# one of each limit with each disturbance, on the small studies, in turn with and without counts
					case ${SILENT_LIMITS-}$shape in
					all*) ;;
					one-300) [ $((number % 16)) -eq $((number / 16 * 3 % 16)) ] || continue ;;
					three-300) [ $((number % 16)) -eq $((number / 16 * 5 % 16)) ] || continue ;;
					*) [ $((number % 61)) -eq 0 ] || continue ;;
					esac
					limited "$limit" "$counts" "$shape" "$disturbance" "$method"
				done
			done
		done
	done
	stop_peer "$BAD_PID"
done
echo "# $runs runs"
