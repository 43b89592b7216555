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

run dicom-qr "pacs://127.0.0.9:$front" --auto --listen "$LISTEN_PORT" -o "$T/network" --accept-from 127.0.0.0/29
expect_status 0
expect_same_objects "$T/data" "$T/network"

# refused OPTION VALUE WORDS
refused() {
	run dicom-qr "pacs://127.0.0.9:$front" --auto --listen "$LISTEN_PORT" -o "$T/none" "$1" "$2"
	expect_status "${4-2}"
	expect_only_err "$3"
}
refused --accept-from ::1 "'::1': IPv6 is not served: DCMTK's storescp receives by IPv4 alone"
refused --accept-from 127.0.0.0/33 "'127.0.0.0/33' is no network \(example: 10.1.0.0/16\)"
refused --listen "[::1]:$LISTEN_PORT" "IPv6 is not served"
refused --listen "localhost:$LISTEN_PORT" "'localhost' is no IPv4 address"
refused --listen "127.0.0.1:" "a port is expected, or an address and a port"
refused --listen "192.0.2.1:$LISTEN_PORT" "this host has no address 192.0.2.1 to listen on" 7

# on one address alone: the PACS, which sends to another, finds nobody
run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-move --listen "127.0.0.1:$LISTEN_PORT" -o "$T/address"
expect_status 0
expect_same_objects "$T/data" "$T/address"
run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-move --listen "127.0.0.7:$LISTEN_PORT" -o "$T/deaf" --retries 0 --first-timeout 2
expect_status 3
expect_files "$T/deaf" 0

# by an AE title that is not its own: ended before it has sent much, kept apart, and let in when it is named
run dicom-qr "OTHER@127.0.0.1:$BAD_PORT" --auto --method c-move --listen "$LISTEN_PORT" -o "$T/titles"
expect_status 0
expect_same_objects "$T/data" "$T/titles"

# a node holds all of it
run dicom-qr node add pacs "pacs://127.0.0.9:$front" --method c-move --listen "127.0.0.1:$LISTEN_PORT" --accept-from 127.0.0.0/29 --accept-aet '*'
expect_status 0
run dicom-qr node show pacs
expect_out 'listenAddress +127.0.0.1'
expect_out 'acceptAET +'
run dicom-qr pacs --auto -o "$T/node"
expect_status 0
expect_same_objects "$T/data" "$T/node"

export RES_OPTIONS="timeout:1 attempts:1"	# where there is no name server
run dicom-qr "pacs://127.0.0.9:$front" --auto --listen "$LISTEN_PORT" -o "$T/files" --accept-from no-such-host.invalid
expect_status 2
expect_only_err "host 'no-such-host.invalid' is unknown"
