#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Nodes: written down, changed, shown and removed; every command takes one by name or number; the command line wins; a
# mistake in the file is told with its line.
. "${srcdir:-.}/tests/lib.sh" || exit 1

nodes=$XDG_CONFIG_HOME/dicom-qr/nodes.json
refused() {	# PATTERN ARGUMENT…
	run dicom-qr "${@:2}"
	expect_status 2
	expect_only_err "^dicom-qr: error: .*$1"
}
done_quietly() {
	run dicom-qr "$@"
	expect_status 0
	expect_no_out
	expect_no_err
}

# --- the file ---
run dicom-qr node list
expect_status 0
expect_out 'No nodes'
[ ! -e "$nodes" ] || fail "asking made a file"
make_archive
load_dcmqrscp "$ARCHIVE"
start_dcmqrscp
done_quietly node add pacs "PACS@127.0.0.1:$PACS_PORT" --number 2 --aet DICOMQR --method c-get --output "$T/from-node"
done_quietly node add here --number 1 --listen 11113 --called-aet DICOMQR --layout '{StudyInstanceUID}/{SOPInstanceUID}.dcm'
done_quietly node add other pacs://server.example:104 --require-date yes --no-modality-filter no --charset 'ISO_IR 100'
[ "$(stat -c %a "$nodes")" = 600 ] || fail "the file is for others as well"
run dicom-qr node list
expect_out "^ +2 +pacs +127.0.0.1:$PACS_PORT +PACS +DICOMQR +c-get"
expect_out '^ +1 +here +\(received on 11113\)'
run dicom-qr node show 2
expect_out '^  method +c-get'
expect_out '^Learned'
run dicom-qr node list --format json
expect_out '"requireDate": true'

refused "there is a node 'pacs' already" node add pacs server:104
refused "number 2 is already used by node 'pacs'" node add second server:104 --number 2
refused "a node cannot be called 'echo'" node add echo server:104
refused "invalid node name '12'" node add 12 server:104
refused "host is missing" node add nowhere
refused "host: 'a b'" node edit pacs --host 'a b'
refused "not an address" node add x server
refused "there is no node 'x'" node edit x --port 1
refused "there is no node 'x'" node remove x
refused "has no member 'model'" node edit pacs --unset model
refused "NAME is missing" node add
refused "unexpected argument 'more'" node remove pacs more
refused "give add, edit" node frobnicate
refused "layout" node edit pacs --layout '../{PatientID}'
[ "$(dicom-qr node list --format json | grep -c '"name"')" = 3 ] || fail "a refusal changed the file"

# every option of retrieval can be stated; what is nearly a member is told with its line
done_quietly node add full AET@127.0.0.1 --hierarchical --validate --trust count --parallel 4 --retries 7 --retry-wait 9 --pause 2 \
	--timeout 11 --first-timeout 12 --stall-timeout 13 --study-timeout 14 --max-studies 15 --max-images 16 --max-bytes 17M \
	--max-duration 18m --mode 750 --move-dest THERE --window 00:00-24:00
run dicom-qr node show full
for member in 'hierarchical +true' 'validate +true' 'trust +count' 'parallel +4' 'retries +7' 'retryWait +9' 'pause +2' 'timeout +11' \
	'firstTimeout +12' 'stallTimeout +13' 'studyTimeout +14' 'maxStudies +15' 'maxImages +16' 'maxBytes +17825792' 'maxDuration +1080' \
	'mode +750' 'moveDestination +THERE' 'port +11112'; do
	expect_out "^  $member\$"
done
echo '{"nodes": [{"name": "y", "host": "h", "retries": "3"}]}' >"$T/bad.json"
refused "retries: a whole number from 0" node import "$T/bad.json"
sed -i 's/"retryWait"/"retryWiat"/' "$nodes"
run dicom-qr node list
expect_err "nodes.json: line [0-9]+: unknown member 'retryWiat' of node 'full' is ignored; did you mean retryWait\?"
line=$(sed -n 's/.*nodes.json: line \([0-9]*\): .*/\1/p' "$T/err")
sed -n "${line}p" "$nodes" | grep -q retryWiat || fail "not line $line: $(cat "$nodes")"
run dicom-qr node edit full --unset retryWiat
expect_status 0
done_quietly node remove full

# what we have no name for stays, and is shown as such
sed -i 's/"number": 2,/"number": 2, "phone": "123",/' "$nodes"
for command in 'node show' doctor; do
	# shellcheck disable=SC2086  # words
	run dicom-qr $command pacs
	expect_out "nknown member 'phone'"
	expect_no_out "nknown member 'method'"
done
done_quietly node edit pacs --port 1 --unset method
done_quietly node edit pacs --port "$PACS_PORT"
grep -q '"phone": "123"' "$nodes" || fail "an unknown member was lost"
! grep -q '"method"' "$nodes" || fail "--unset left the member"

# default, export, import
run dicom-qr node default
expect_out 'No default node'
done_quietly node default pacs
[ "$(dicom-qr node default)" = pacs ] || fail "the default node is $(dicom-qr node default)"
dicom-qr node export >"$T/all.json"
dicom-qr node export pacs here >"$T/two.json"
done_quietly node remove here
done_quietly node remove pacs
[ "$(dicom-qr node default 2>&1)" = "No default node" ] || fail "a removed node is still the default"
run dicom-qr node import - <"$T/all.json"	# run gives no standard input
expect_status 2
refused "there is a node 'other' already.*" node import "$T/all.json"
[ "$(dicom-qr node list --format json | grep -c '"name"')" = 1 ] || fail "half of it was imported"
run dicom-qr node import "$T/two.json"
expect_status 0
expect_out 'Imported 2 nodes'
run dicom-qr node import --replace "$T/all.json"
expect_out 'Imported 3 nodes'
dicom-qr node export pacs here other | cmp - "$T/all.json" || fail "what was exported and imported is not the same"

# several at once: none is lost
for n in 1 2 3 4 5 6; do
	until dicom-qr node add "many$n" "server$n:104" 2>"$T/lock-$n"; do
		grep -q 'lock\|another\|holds' "$T/lock-$n" || fail "$(cat "$T/lock-$n")"
	done &
	adding[n]=$!
done
wait "${adding[@]}"
[ "$(dicom-qr node list | grep -c many)" = 6 ] || fail "of six added at once only $(dicom-qr node list | grep -c many) are there"
for n in 1 2 3 4 5 6; do done_quietly node remove "many$n"; done

# --- mistakes in the file ---
cp "$nodes" "$T/good.json"
printf '{\n"nodes": [\n{ "name": "a",\n"host": "h",\n"port": 0 } ] }\n' >"$nodes"
refused "$nodes: line 5: nodes\[0\]: port: a whole number from 1 to 65535" echo a
printf '{\n"nodes": [\n{ "name": "a" "host" } ] }\n' >"$nodes"
refused "$nodes: line 3: " node list
run dicom-qr echo "PACS@127.0.0.1:$PACS_PORT"		# an address needs no nodes
expect_status 0
run dicom-qr echo "PACS@127.0.0.1:$PACS_PORT" --format json
expect_status 0
expect_out '"state": "up"'
expect_no_out answered
run dicom-qr echo 127.0.0.1:1 --format json
expect_status 5
expect_out '"state": "unreachable"'
cp "$T/good.json" "$nodes"

# --- every command takes them ---
done_quietly node default pacs
for node in pacs 2; do
	run dicom-qr echo $node
	expect_status 0
	expect_out "^PACS at 127.0.0.1:$PACS_PORT answered DICOMQR"
	run dicom-qr query $node --study-date 20240108 --format csv
	expect_status 0
	expect_out "$(study 2)"
done
run dicom-qr echo
expect_out "^PACS at 127.0.0.1:$PACS_PORT"		# the default node
refused "'nobody' is neither one of the nodes \(.*pacs.*\) nor an address" echo nobody
refused "'77' is neither one of the nodes" query 77
refused "node 'here' is a place for files" query here

# what the node states is used, and the command line wins
done_quietly node edit pacs --method c-get
run dicom-qr pacs --auto --study-uid "$(study 2)"
expect_status 0
expect_files "$T/from-node" 10
run dicom-qr 2 --auto --study-uid "$(study 2)" -o "$T/mine"
expect_files "$T/mine" 10
run dicom-retrieve pacs --study-uid "$(study 6)" --aet OTHER --method c-move --move-dest NOBODY -o "$T/moved" --retries 0
[ "$status" -ne 0 ] || fail "the node's C-GET won over --method c-move"

# --- what a killed process left is swept by the next change ---
config=$(find "$HOME" -name nodes.json | head -n 1)
touch "${config%/*}/.nodes.json.aB3dE6" "${config%/*}/.nodes.json.mine-too"
done_quietly node edit pacs --method c-get
[ ! -e "${config%/*}/.nodes.json.aB3dE6" ] || fail "the leftover is still there"
[ -e "${config%/*}/.nodes.json.mine-too" ] || fail "a file of somebody else is gone"

# --- all of them at once ---
done_quietly node edit other --host 127.0.0.1 --port "$(free_port)"
run dicom-qr echo --all
expect_status 3
expect_out "^ +2 +pacs .* up +[0-9]+ ms"
expect_out "^ +other .* unreachable +cannot connect"
expect_no_out here
run dicom-qr echo --all --format json
expect_out '"state": "up"'
done_quietly node remove other
run dicom-qr echo --all
expect_status 0
run dicom-qr echo --all pacs
expect_status 2

# --- what a person knows of a PACS ---
BAD_PORT=
start_badpacs 'find-require-date error' "$ARCHIVE"
done_quietly node add old "BAD@127.0.0.1:$BAD_PORT" --require-date yes --no-modality-filter yes --aet DICOMQR --method c-get
DICOM_QR_NOW=2024-03-20T12:00:00 run dicom-qr old --auto --modality XA --dry-run
expect_status 0
expect_err 'needs a date: the last 30 days are asked for \(20240219-20240320\)'
expect_out 'Found 1 study'
grep -q '^find STUDY .* StudyDate=20240219-20240320' "$T/badpacs.log" || fail "no date was sent"
! grep -q '^find STUDY .*ModalitiesInStudy=XA' "$T/badpacs.log" || fail "the modality was sent"
pass
