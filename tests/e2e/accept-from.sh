#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A PACS that sends from another address than the one it listens at: turned away with advice, let in by --accept-from.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need /usr/bin/python3
"$BULK" "$T/data" --studies 1 --series 1 --images 4 --size 2000 >/dev/null
LISTEN_PORT=$(free_port)
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$T/data"

# It listens at 127.0.0.9 through this.
front=$(free_port)
spawn "$T/front.log" /usr/bin/python3 -c "
import socket, threading
def pump(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass
s = socket.create_server(('127.0.0.9', $front))
while True:
    c = s.accept()[0]
    p = socket.create_connection(('127.0.0.1', $BAD_PORT))
    threading.Thread(target=pump, args=(c, p), daemon=True).start()
    threading.Thread(target=pump, args=(p, c), daemon=True).start()"
await_port "$front" "$spawned" 30

run dicom-qr "pacs://127.0.0.9:$front" --auto --listen "$LISTEN_PORT" -o "$T/files" --retries 0 --retry-wait 0
expect_status 3
expect_err "a connection from 127.0.0.1 was turned away: .*--accept-from 127.0.0.1 allows it"
expect_files "$T/files" 0

run dicom-qr "pacs://127.0.0.9:$front" --auto --listen "$LISTEN_PORT" -o "$T/files" --accept-from 127.0.0.1
expect_status 0
expect_same_objects "$T/data" "$T/files"

export RES_OPTIONS="timeout:1 attempts:1"	# where there is no name server
run dicom-qr "pacs://127.0.0.9:$front" --auto --listen "$LISTEN_PORT" -o "$T/files" --accept-from no-such-host.invalid
expect_status 2
expect_only_err "host 'no-such-host.invalid' is unknown"
