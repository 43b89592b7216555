#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A PACS that is not there, or is none: what is wrong, in one line, and a status that says whether to try again.
. "${srcdir:-.}/tests/lib.sh" || exit 1

# asked STATUS PATTERN NODE ARGUMENT…: by each command that asks
asked() {
	run dicom-qr echo "${@:3}"
	expect_status "$1"
	expect_no_out
	expect_only_err "^dicom-qr: error: .*$2"
	run dicom-qr "${@:3}" --auto --method c-get -o "$T/files" --retries 0
	expect_status "$1"
	expect_no_out
	expect_only_err "^dicom-qr: error: .*$2"
	run dicom-qr retrieve "${@:3}" --study-uid 1.2.3 --method c-get -o "$T/files" --retries 0
	expect_status "$1"
	expect_no_out
	expect_err "$2"
}

# server PYTHON: sets port; it is given the accepted connection c.
server() {
	port=$(free_port)
	spawn "$T/server.log" /usr/bin/python3 -c "
import socket, time
s = socket.create_server(('127.0.0.1', $port))
kept = []
while True:
    c = s.accept()[0]
    kept.append(c)
    $1"
	await_port "$port" $spawned 30
}
need /usr/bin/python3

export RES_OPTIONS="timeout:1 attempts:1"	# where there is no name server
asked 5 "host 'no-such-host.invalid' is unknown" pacs://no-such-host.invalid:104
asked 5 "cannot connect to 127.0.0.1:[0-9]+: Connection refused" "pacs://127.0.0.1:$(free_port)"

mkdir "$T/data"
start_badpacs "aetitle PACS
calling KNOWN" "$T/data"
asked 6 "called AE title 'ANY-SCP' not recognised: check --called-aet" "pacs://127.0.0.1:$BAD_PORT" --aet KNOWN
asked 6 "register AE title 'STRANGER'" "PACS@127.0.0.1:$BAD_PORT" --aet STRANGER

server "c.sendall(b'HTTP/1.1 400 Bad Request\r\n\r\n')"
asked 6 "speaks no DICOM: is the port right\?" "pacs://127.0.0.1:$port"
server "pass"
asked 5 "does not answer the association request" "pacs://127.0.0.1:$port" --timeout 1
server "c.close()"
asked 5 "broke off instead of answering" "pacs://127.0.0.1:$port"

[ -z "$(find "$T/files" -mindepth 1 2>/dev/null)" ] || fail "something was written"
expect_no_process findscu getscu
