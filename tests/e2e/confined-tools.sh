#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# In the place of each DCMTK tool stands a program that tries what no tool may do: everything is refused, and what is refused by
# the filter of system calls and by limits is refused on a kernel without Landlock, too.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need findscu getscu movescu storescp dcmdump echoscu
INTRUDER=${INTRUDER:-$top_builddir/tests/gen/intruder}
mkdir "$T/data" "$T/tools" "$HOME/.ssh"
echo key >"$HOME/.ssh/id_ed25519"
chmod 600 "$HOME/.ssh/id_ed25519"
start_badpacs "" "$T/data"
NODE=pacs://127.0.0.1:$BAD_PORT
LISTEN_PORT=$(free_port)
export SECRET_OF_OURS=1 DICOM_QR_DCMTK_DIR=$T/tools
run dicom-qr doctor
landlock=0
! grep -q '^ok *landlock' "$T/out" || landlock=$(sed -n 's/^ok *landlock *ABI \([0-9]*\).*/\1/p' "$T/out")
grep -q '^ok *seccomp' "$T/out" || skip "this kernel takes no filters"

# stands TOOL: there is the intruder, and the others are themselves
stands() {
	local tool
	for tool in findscu getscu movescu storescp dcmdump echoscu; do
		ln -sf "$(command -v $tool)" "$T/tools/$tool"
	done
	rm "$T/tools/$1"
	cp "$INTRUDER" "$T/tools/$1"
}
# refused TOOL ATTEMPT…: it is made, and refused
refused() {
	local tool=$1 command=(dicom-qr "$NODE" --auto --method auto --listen "$LISTEN_PORT" -o "$T/files")
	[ "$tool" != echoscu ] || command=(dicom-qr echo "$NODE")
	stands "$tool"
	echo "${*:2}" >"$T/tools/attempt"
	run "${command[@]}"
	expect_status 2
	expect_err "$tool v?1.0.0 is too old"
}

ulimit -c unlimited 2>/dev/null || :
for tool in findscu getscu movescu storescp dcmdump echoscu; do
	for off in 0 1; do
		export DICOM_QR_NO_LANDLOCK=$off
		for attempt in fork trace memory signal space kernel core privileges "environment SECRET_OF_OURS" "mode $HOME/.ssh/id_ed25519"; do
			# shellcheck disable=SC2086  # words
			refused $tool $attempt
		done
		[ $tool != dcmdump ] || refused dcmdump socket
		case $tool in
		dcmdump | echoscu | movescu) refused $tool write "$HOME/new-$tool" ;;
		esac
	done
	unset DICOM_QR_NO_LANDLOCK
	if [ "$landlock" -gt 0 ]; then
		refused $tool write "$HOME/new"
		refused $tool read "$HOME/.ssh/id_ed25519"
		refused $tool read "$DICOM_QR_LEDGER"
		[ ! -e "$HOME/new" ] || fail "$tool made a file"
	fi
	[ "$landlock" -lt 4 ] || refused $tool listen "$LISTEN_PORT"
done

# a port that is not the PACS's
if [ "$landlock" -ge 4 ]; then
	elsewhere=$(free_port)
	spawn "$T/elsewhere.log" /usr/bin/python3 -u -c "
import socket
s = socket.create_server(('127.0.0.1', $elsewhere))
while True:
    s.accept()
    print('somebody', flush=True)"
	await_port "$elsewhere" "$spawned" 30
	before=$(grep -c somebody "$T/elsewhere.log" || :)
	for tool in echoscu findscu; do
		stands $tool
		echo "connect $elsewhere" >"$T/tools/attempt"
		if [ $tool = echoscu ]; then run dicom-qr echo "$NODE"; else run dicom-qr query "$NODE"; fi
		[ "$status" -ne 0 ] || fail "$tool was believed"
	done
	sleep 0.2
	[ "$(grep -c somebody "$T/elsewhere.log" || :)" = "$before" ] || fail "a tool connected to another port"
fi
pass
