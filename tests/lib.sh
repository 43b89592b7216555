# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# For end-to-end tests (bash): real peers on free loopback ports, the program under test, and what is expected of it.
# A test is one file: it begins with
#
#	. "${srcdir:-.}/tests/lib.sh" || exit 1
#
# and passes by reaching its end (set -eu is on).  All it writes is in $T, removed at the end unless KEEP=1; every process
# it started is ended.  What a function sets is named above it.  Exit status: 0 passed, 77 skipped, 1 failed.
#
# shellcheck disable=SC2034  # tests use the variables set here
set -eu

tests_dir=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=contrib/archive/functions.sh
. "$tests_dir/../contrib/archive/functions.sh"

top_srcdir=$(realpath "$tests_dir/..")
top_builddir=$(realpath "${top_builddir:-$top_srcdir}")
DICOM_QR=$(realpath -m "${DICOM_QR:-$top_builddir/src/cli/dicom-qr}")
BULK=${BULK:-$top_builddir/tests/gen/bulk}
SAME_OBJECTS=${SAME_OBJECTS:-$top_builddir/tests/gen/same-objects}
BADPACS=${BADPACS:-$top_builddir/tests/pacs/badpacs}
MAKE_ARCHIVE=$top_srcdir/contrib/archive/make-archive

T=$(mktemp -d "${TMPDIR:-/tmp}/dicom-qr-test.XXXXXX")
T=$(realpath "$T")
mkdir "$T/home" "$T/bin"
for name in dicom-qr dicom-query dicom-retrieve qrscu pacs-nm-retriever; do
	ln -s "$DICOM_QR" "$T/bin/$name"
done

export PATH=$T/bin:$PATH HOME=$T/home XDG_STATE_HOME=$T/home/state XDG_CONFIG_HOME=$T/home/config \
	XDG_DATA_HOME=$T/home/data XDG_CACHE_HOME=$T/home/cache XDG_RUNTIME_DIR=$T/home DICOM_QR_LEDGER=$T/ledger.db \
	DICOM_QR_TEST=$T LC_ALL=C.UTF-8 TZ=UTC
export DICOM_QR_PROMPTACK=${DICOM_QR_PROMPTACK-$top_builddir/wrappers/.libs/promptack.so}
unset DICOM_QR_CONFIG TCP_NODELAY TCP_BUFFER_LENGTH NO_COLOR
unset status running

# Peers must not outlive a test that was killed.
LEASH=(setpriv --pdeathsig KILL)
DESTS=()
DCMQRSCP_OPTIONS=()
ORTHANC_OPTIONS=()
declare -A logs=()

finish_test() {
	local code=$?
	trap - EXIT ERR
	set +e
	end_processes
	return_ports
	case $code${skipped+-skipped} in
	0) echo "PASS: ${0##*/}" ;;
	77-skipped) ;;
	130 | 143) ;;
	*)
		code=1
		tail_of_logs
		;;
	esac
	awk -v here="$T/" 'index($2, here) == 1 { print $2 }' /proc/mounts | xargs -r umount -l
	if [ -n "${KEEP-}" ]; then
		echo "# kept: $T"
	else
		rm -rf "$T"
	fi
	exit $code
}
trap finish_test EXIT
trap 'echo "FAIL: ${0##*/}:$LINENO: $BASH_COMMAND"' ERR
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- verdicts ---

fail() {
	echo "FAIL: ${0##*/}:${BASH_LINENO[-2]}: $*"
	exit 1
}

pass() { exit 0; }

# In CI (REQUIRE_ALL=1) nothing may be skipped.
skip() {
	[ -z "${REQUIRE_ALL-}" ] || fail "skipped: $*"
	echo "SKIP: ${0##*/}: $*"
	skipped=yes
	exit 77
}

# need TOOL…: skips the test where one is not installed.
need() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || skip "no $tool"
	done
}

tail_of_logs() {
	local file
	for file in "$T/out" "$T/err" "${!logs[@]}"; do
		[ -s "$file" ] || continue
		echo "--- ${file#"$T/"} (its end)"
		tail -n 15 "$file"
	done
	[ -z "${ran-}" ] || echo "--- last run: $ran; status ${status-none}"
}

# --- processes ---

# processes NAME…: prints the ids of living processes with such a name that belong to this test and are no peers.
processes() {
	local dir id name
	for dir in /proc/[0-9]*; do
		id=${dir#/proc/}
		read -r name 2>/dev/null <"$dir/comm" || continue
		[[ " $* " == *" $name "* ]] && ours "$id" && echo "$id"
	done
	return 0
}

# ours PID: known by the marker in its environment, else by its working folder or arguments.
ours() {
	local env
	env=$({ tr '\0' '\n' <"/proc/$1/environ"; } 2>/dev/null) || return
	! grep -q '^DICOM_QR_PEER=' <<<"$env" || return
	grep -qxF "DICOM_QR_TEST=$T" <<<"$env" || [[ $(readlink "/proc/$1/cwd") == "$T"* ]] ||
		grep -qzF "$T/" "/proc/$1/cmdline" 2>/dev/null
}

no_processes() { [ -z "$(processes "$@")" ]; }

end_processes() {
	local ids
	ids=$({
		grep -lzxF "DICOM_QR_TEST=$T" /proc/[0-9]*/environ
		find /proc -maxdepth 2 -name cwd -lname "$T*"
	} 2>/dev/null | cut -d / -f 3 | grep -vx $$)
	# shellcheck disable=SC2086  # a list
	[ -z "$ids" ] || kill -KILL $ids 2>/dev/null
	return 0
}

# --- the program under test ---

# run COMMAND…: $T/out, $T/err, $status.  A command on the PATH is ended after RUN_LIMIT seconds (300) with status 124.
run() {
	local limit=(timeout --foreground -k 10 "${RUN_LIMIT:-300}")
	[ "$(type -t "$1")" = file ] || limit=()
	ran=$*
	status=0
	"${limit[@]}" "$@" >"$T/out" 2>"$T/err" </dev/null || status=$?
}

# begin COMMAND…: the same in the background, with the default for SIGINT; sets $running, its process id.
begin() {
	ran=$*
	unset status
	env --default-signal=INT,QUIT,PIPE "$@" >"$T/out" 2>"$T/err" </dev/null &
	running=$!
}

# finish [SIGNAL]: sends the signal to what begin started, waits for its end, sets $status.
finish() {
	[ $# -eq 0 ] || kill -s "$1" "$running" || fail "it had already ended"
	wait_for "${RUN_LIMIT:-300}" gone "$running" || { kill -KILL "$running"; fail "did not end: $ran"; }
	status=0
	wait "$running" || status=$?
}

# --- expectations ---

expect_status() { [ "$status" -eq "$1" ] || fail "exit status $status instead of $1: $ran"; }
expect_out() { grep -aEq -- "$1" "$T/out" || fail "not on standard output: $1"; }
expect_err() { grep -aEq -- "$1" "$T/err" || fail "not on standard error: $1"; }
expect_no_out() {
	[ $# -gt 0 ] || { [ ! -s "$T/out" ] || fail "something on standard output"; return 0; }
	! grep -aEq -- "$1" "$T/out" || fail "on standard output: $1"
}
expect_no_err() {
	[ $# -gt 0 ] || { [ ! -s "$T/err" ] || fail "something on standard error"; return 0; }
	! grep -aEq -- "$1" "$T/err" || fail "on standard error: $1"
}

# expect_only_err PATTERN: standard error is one line, and this.
expect_only_err() {
	expect_err "$1"
	[ "$(wc -l <"$T/err")" -eq 1 ] || fail "more than one line on standard error"
}

# expect_files DIR N: N files in and below DIR, hidden ones not counted.
expect_files() {
	local n=0
	[ ! -d "$1" ] || n=$(files_of "$1" | tr -cd '\0' | wc -c)
	[ "$n" -eq "$2" ] || fail "$n files in $1 instead of $2"
}

# expect_same_objects ORIGINAL RETRIEVED [--subset] [--decoded]
expect_same_objects() {
	local said
	mkdir -p "$2"
	said=$("$SAME_OBJECTS" "${@:3}" "$1" "$2" 2>&1) || fail "objects differ:"$'\n'"$(tail -n 25 <<<"$said")"
}

# expect_no_process NAME…: of this test, apart from its peers; those that were just killed may take a moment to go.
expect_no_process() {
	wait_for 10 no_processes "$@" || fail "still running: $(processes "$@" | xargs -r ps -o pid=,args= -p)"
}

# --- objects ---

# make_archive: sets ARCHIVE, a folder with the objects of contrib/archive/make-archive.
make_archive() {
	ARCHIVE=$T/archive
	need dump2dcm dcmcrle dcmcjpeg
	[ -d "$ARCHIVE" ] || "$MAKE_ARCHIVE" "$ARCHIVE" || fail "make-archive"
}

# some_of_archive GLOB…: sets SOME, a new folder with the objects whose files match (sSTUDY-SERIES-NUMBER.dcm).
some_of_archive() {
	local glob
	SOME=$(mktemp -d "$T/some.XXXXXX")
	for glob; do
		# shellcheck disable=SC2086  # a pattern
		cp -l "$ARCHIVE"/$glob "$SOME"
	done
}

# study N: the Study Instance UID of study N of the archive.
study() { echo "1.2.826.0.1.3680043.10.1338.2.$1"; }

# --- peers ---
# A peer that was ended with stop_peer comes back with its port and its data when it is started again.

# port_of DIR: the port this peer had before, else a free one.
port_of() {
	mkdir -p "$1"
	[ -s "$1/port" ] || free_port >"$1/port"
	cat "$1/port"
}

# start_dcmqrscp [AET [CONFIG-LINE…]]: sets PACS_PORT, PACS_AET, PACS_PID.  Call load_dcmqrscp before it when there are
# compressed objects: what is proposed for them is settled at the start.
start_dcmqrscp() {
	need dcmqrscp
	PACS_AET=${1:-PACS}
	pacs_dir=$T/dcmqrscp-$PACS_AET
	PACS_PORT=$(port_of "$pacs_dir")
	logs["$pacs_dir/log"]=
	dcmqrscp_serve "$pacs_dir" "$PACS_AET" "$PACS_PORT" "${@:2}" || fail "dcmqrscp did not start"
	PACS_PID=$spawned
}

# load_dcmqrscp FILE|DIR…: into the one that was started last, else into the one that will be started as PACS_AET.
load_dcmqrscp() {
	need dcmqridx dump2dcm
	dcmqrscp_load "$T/dcmqrscp-${PACS_AET:-PACS}/db" "$@" || fail "loading dcmqrscp"
}

# start_orthanc [AET [LIMIT-FIND-RESULTS]]: sets ORTHANC_PORT (DICOM), ORTHANC_HTTP (port), ORTHANC_AET, ORTHANC_PID.
# The array ORTHANC_OPTIONS may hold further members of the configuration, the last one of a name counts:
# '"TranscodeDicomProtocol": false'.  All answers are in DefaultEncoding, whatever was asked for; with Orthanc's own
# default, Latin1, they lose what that cannot hold.
start_orthanc() {
	local dir dest title host number n=0 option
	need Orthanc curl
	ORTHANC_AET=${1:-ORTHANC}
	dir=$T/orthanc-$ORTHANC_AET
	ORTHANC_PORT=$(port_of "$dir")
	mkdir -p "$dir/db"
	ORTHANC_HTTP=$(port_of "$dir/db")
	logs["$dir/log"]=
	{
		cat <<-END
			{
			"Name": "test", "StorageDirectory": "$dir/db", "IndexDirectory": "$dir/db", "Plugins": [],
			"DefaultEncoding": "Utf8",
			"DicomAet": "$ORTHANC_AET", "DicomPort": $ORTHANC_PORT, "HttpPort": $ORTHANC_HTTP,
			"DicomCheckCalledAet": false, "DicomAlwaysAllowEcho": true, "DicomAlwaysAllowStore": true,
			"DicomAlwaysAllowFind": true, "DicomAlwaysAllowGet": true, "DicomAlwaysAllowMove": true,
			"DicomCheckModalityHost": false, "UnknownSopClassAccepted": true,
			"AcceptedTransferSyntaxes": ["1.2.840.10008.1.*"],
			"DicomThreadsCount": 8, "ConcurrentJobs": 8, "LimitFindResults": ${2:-0},
			"RemoteAccessAllowed": false, "AuthenticationEnabled": false, "WebDavEnabled": false,
			"SaveJobs": false, "SyncStorageArea": false, "StableAge": 1,
		END
		for option in "${ORTHANC_OPTIONS[@]}"; do
			echo "$option,"
		done
		echo '"DicomModalities": {'
		for dest in "${DESTS[@]}"; do
			read -r title host number <<<"$dest"
			[ $n -eq 0 ] || echo ,
			echo "\"dest$((n += 1))\": [\"$title\", \"$host\", $number]"
		done
		echo '}}'
	} >"$dir/orthanc.json"
	spawn "$dir/log" Orthanc "$dir/orthanc.json"
	ORTHANC_PID=$spawned
	if ! await_port "$ORTHANC_PORT" "$spawned" 60 || ! await_port "$ORTHANC_HTTP" "$spawned" 60; then
		fail "Orthanc did not start"
	fi
}

# load_orthanc FILE|DIR…
load_orthanc() {
	local list=$T/orthanc-list
	files_of "$@" >"$list" || fail "loading Orthanc"
	tr '\0' '\n' <"$list" | awk -v url="http://127.0.0.1:$ORTHANC_HTTP/instances" '{
		gsub(/["\\]/, "\\\\&")
		if (NR > 1)
			print "next"
		printf "url = \"%s\"\ndata-binary = \"@%s\"\noutput = /dev/null\n", url, $0
	}' >"$list.curl"
	curl -sSf --fail-early --noproxy '*' -K "$list.curl" || fail "loading Orthanc"
}

# start_badpacs SCENARIO-TEXT DIR [OPTION…]: the misbehaving PACS; sets BAD_PORT, BAD_PID; its log is $T/badpacs.log.
start_badpacs() {
	[ -x "$BADPACS" ] || fail "no $BADPACS"
	printf '%s\n' "$1" >"$T/badpacs.scenario"
	logs["$T/badpacs.log"]=
	spawn "$T/badpacs.out" "$BADPACS" --data "$2" --scenario "$T/badpacs.scenario" --port "${BAD_PORT:-0}" \
		--port-file "$T/badpacs.port" --log "$T/badpacs.log" "${@:3}"
	BAD_PID=$spawned
	wait_for 30 written_or_gone "$T/badpacs.port" "$BAD_PID"
	[ -s "$T/badpacs.port" ] || fail "badpacs did not start: $(cat "$T/badpacs.out")"
	BAD_PORT=$(cat "$T/badpacs.port")
	await_port "$BAD_PORT" "$BAD_PID" 30 || fail "badpacs did not start: $(cat "$T/badpacs.out")"
}

written_or_gone() { [ -s "$1" ] || gone "$2"; }

# start_storescp AET [OPTION…]: a move destination that is not ours; sets STORE_PORT, STORE_DIR, STORE_PID.
start_storescp() {
	need storescp
	STORE_DIR=$T/store-$1
	STORE_PORT=$(port_of "$T/storescp-$1")
	mkdir -p "$STORE_DIR"
	logs["$T/storescp-$1/log"]=
	spawn "$T/storescp-$1/log" storescp -aet "$1" --fork +xa -pm +B -od "$STORE_DIR" "${@:2}" "$STORE_PORT"
	STORE_PID=$spawned
	await_port "$STORE_PORT" "$STORE_PID" 30 || fail "storescp did not start"
}

# start_both: dcmqrscp and Orthanc, each with the archive and allowed to send to DICOMQR at LISTEN_PORT.
start_both() {
	make_archive
	LISTEN_PORT=$(free_port)
	DESTS+=("DICOMQR 127.0.0.1 $LISTEN_PORT")
	load_dcmqrscp "$ARCHIVE"
	start_dcmqrscp
	start_orthanc
	load_orthanc "$ARCHIVE"
}

# choose_pacs dcmqrscp|orthanc: sets NODE; OUT, a new folder to retrieve into; AS_GOT, options for the comparison of what
# came by C-GET, for which Orthanc decompresses.
choose_pacs() {
	AS_GOT=()
	case $1 in
	dcmqrscp) NODE=$PACS_AET@127.0.0.1:$PACS_PORT ;;
	orthanc) NODE=$ORTHANC_AET@127.0.0.1:$ORTHANC_PORT AS_GOT=(--decoded) ;;
	esac
	OUT=$T/from-$1
}
