# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# For the tests against the misbehaving PACS (source it after lib.sh).  Each row of the fault table in docs/faults.md is one call of
# fault, and bears its name.
#
# shellcheck disable=SC2034  # tests use the variables set here

need dcmdump
ROOT=1.2.826.0.1.3680043.10.1338.9
STUDY=$ROOT.2.2		# the faults are about this one
SERIES=$ROOT.3.2.1
OBJECT=$ROOT.4.2.1.3
LISTEN_PORT=$(free_port)
OPTIONS=()		# for every row
rows=0

# make_data: sets DATA: 3 studies of 2 series of 4 objects.
make_data() {
	DATA=$T/data
	"$BULK" "$DATA" --studies 3 --series 2 --images 4 --size 2000 >/dev/null || fail "bulk"
}

# prepare_row NAME HOW: sets ROW, OUT, STATE and HOW, a new ledger and log.
prepare_row() {
	echo "# $1, $2"
	ROW=$T/$((rows += 1))
	mkdir "$ROW"
	OUT=$ROW/out STATE=$ROW/query.state
	export DICOM_QR_LEDGER=$ROW/ledger.db
	: >"$T/badpacs.log"
	case $2 in
	get) HOW=(--method c-get) ;;
	move) HOW=(--method c-move --listen "$LISTEN_PORT") ;;
	auto) HOW=(--method auto --listen "$LISTEN_PORT") ;;
	esac
}

# start_bad SCENARIO: it knows where we listen.
start_bad() {
	start_badpacs "$1"$'\n'"destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$DATA"
}

# fetch [OPTION…]: all studies, with the methods and options of the row.
fetch() {
	RUN_LIMIT=100 run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --output "$OUT" --save-state "$STATE" --retry-wait 1 \
		--stall-timeout 2 --first-timeout 3 "${HOW[@]}" "${OPTIONS[@]}" "$@"
}

# expect_once: nothing was sent twice.
expect_once() {
	local twice
	twice=$(grep '^sent ' "$T/badpacs.log" | sort | uniq -d)
	[ -z "$twice" ] || fail "sent twice: $twice"
}

# judge all|again|lacks N WORDS|fails STATUS WORDS
#	all: every object of the archive is here, byte-equal, and nothing was sent twice; again: the fault forces some to be
#	sent twice; lacks: all but N, reported with these words, none sent twice; damaged:
#	the same, but those were sent again; unnamed: the same, and nobody knows their UIDs; fails: exit status and words.
judge() {
	case $1 in
	all | again)
		expect_status 0
		expect_err '3 studies: (3 (complete|unverified)|[12] complete, [12] unverified)'
		expect_same_objects "$DATA" "$OUT"
		;;
	lacks | damaged | unnamed)
		expect_status 3
		expect_err "$3"
		expect_files "$OUT" $(($(find "$DATA" -type f | wc -l) - $2))
		expect_same_objects "$DATA" "$OUT" --subset
		[ "$1" = unnamed ] || [ "$2" -eq 0 ] || [ "$(grep -c '"sopInstanceUID"' "$STATE")" -eq "$2" ] || fail "not $2 UIDs in the state file"
		;;
	fails)
		expect_status "$2"
		expect_err "$3"
		;;
	esac
	case $1 in
	again | damaged | unnamed) ;;
	*) expect_once ;;
	esac
}

# fault NAME METHODS EXPECTED SCENARIO [OPTION…]: for each of the methods (get, move, auto) a new PACS with this scenario.
fault() {
	local name=$1 methods=$2 expected=$3 scenario=$4 method
	shift 4
	for method in $methods; do
		prepare_row "$name" "$method"
		start_bad "$scenario"
		fetch "$@"
		# shellcheck disable=SC2086  # words; what is said is the rest
		judge_words "$expected"
		stop_peer "$BAD_PID"
	done
	expect_no_process getscu movescu storescp findscu
}

# judge_words "lacks 1 some words": splits.
judge_words() {
	local what number words
	read -r what number words <<<"$1"
	judge "$what" "$number" "$words"
}
