#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Connections to our receiver from another address than the PACS's are turned away, one or a hundred, and disturb nothing.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need /usr/bin/python3 storescu dcmodify
"$BULK" "$T/data" --studies 1 --series 1 --images 4 --size 2000 >/dev/null
LISTEN_PORT=$(free_port)
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
move-object-delay 300" "$T/data"

# stranger ADDRESS COUNT: fails when somebody talks to it.
stranger() {
	/usr/bin/python3 - "$LISTEN_PORT" "$@" <<-'END'
		import socket, sys
		port, address, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
		for s in [socket.create_connection(("127.0.0.1", port), 30, (address, 0)) for _ in range(count)]:
		    try:
		        if s.recv(1):
		            sys.exit("somebody answers")
		    except ConnectionError:
		        pass
	END
}

begin dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-move --listen "$LISTEN_PORT" -o "$T/files"
wait_for 30 grep -q '^sent ' "$T/badpacs.log" || fail "nothing was sent"
kill -STOP -- "-$BAD_PID"
served=$(processes storescp)
stranger 127.0.0.2 1
stranger 127.0.0.3 100
[ "$(processes storescp)" = "$served" ] || fail "a stranger was served"
kill -CONT -- "-$BAD_PID"
finish
expect_status 0
expect_err "a connection from 127.0.0.2 was turned away: it is not the PACS \(--accept-from 127.0.0.2 allows it\)"
[ "$(grep -c "from 127.0.0.3 was turned away" "$T/err")" -lt 20 ] || fail "one line for each"
expect_err "1 complete; .*; 101 connections turned away"
expect_same_objects "$T/data" "$T/files"
expect_no_process storescp

# Objects of a wanted study by somebody at the address of the PACS whose AE titles are wrong: hung up on, and not mixed in.
forge() {	# CALLING CALLED
	storescu -aet "$1" -aec "$2" 127.0.0.1 "$LISTEN_PORT" "$T/forged.dcm" >"$T/storescu.out" 2>&1 || :
}
first=$(find "$T/data" -type f | sort | head -1)
cp "$first" "$T/forged.dcm"
dcmodify -nb -gin "$T/forged.dcm"
for titles in "EVIL DICOMQR" "PACS OTHER" "STORE DICOMQR"; do
	allow=()
	[[ $titles != STORE* ]] || allow=(--accept-aet STORE)
	rm -rf "$T/files"
	begin dicom-qr "PACS@127.0.0.1:$BAD_PORT" --auto --method c-move --listen "$LISTEN_PORT" -o "$T/files" --force "${allow[@]}"
	await_port "$LISTEN_PORT" "$running" 30
	# shellcheck disable=SC2086  # two words
	forge $titles
	finish
	expect_status 0
	case $titles in
	EVIL*) expect_err "a connection from EVIL at 127.0.0.1 was ended: the PACS is 'PACS' \(--accept-aet EVIL allows it\)" ;;
	PACS*) expect_err "a connection from PACS at 127.0.0.1 was ended: it calls AE title 'OTHER', and we are 'DICOMQR'" ;;
	STORE*) ! grep -q "was ended" "$T/err" || fail "STORE is not let in" ;;
	esac
	[[ $titles = STORE* ]] || expect_same_objects "$T/data" "$T/files"
done
expect_no_process storescp
