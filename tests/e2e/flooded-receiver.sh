#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# 1,000 connections by strangers and 64 that say nothing, while objects come: all arrive, and the log stays short.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need /usr/bin/python3
cat >"$T/flood.py" <<'END'
import socket, struct, sys, threading, time
port = int(sys.argv[1])
silent = [socket.create_connection(("127.0.0.1", port), 30) for _ in range(64)]	# from the address of the PACS
def strangers(address):
    for _ in range(125):
        try:
            socket.create_connection(("127.0.0.1", port), 30, (address, 0)).close()
        except OSError:
            pass
threads = [threading.Thread(target=strangers, args=("127.0.0.%d" % n,)) for n in range(2, 10)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print("flooded", flush=True)
time.sleep(600)
END

"$BULK" "$T/many" --studies 2 --series 2 --images 50 --size 2000 >/dev/null
LISTEN_PORT=$(free_port)
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
move-object-delay 50" "$T/many"
begin dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-move --listen "$LISTEN_PORT" -o "$T/flood"
await_port "$LISTEN_PORT" "$running" 30
spawn "$T/flood.log" /usr/bin/python3 "$T/flood.py" "$LISTEN_PORT"
finish
expect_status 0
grep -q flooded "$T/flood.log" || fail "the flood came too late"
expect_same_objects "$T/many" "$T/flood"
[ "$(grep -c "" "$T/err")" -lt 60 ] || fail "$(grep -c "" "$T/err") lines"
[ "$(grep -c 'turned away: ' "$T/err")" -le 10 ] || fail "a line for each stranger"
expect_no_process storescp
