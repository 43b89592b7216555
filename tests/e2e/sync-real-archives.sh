#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Nightly runs against dcmqrscp and Orthanc: all of some months, then nothing, then the objects that a study has gained.
. "${srcdir:-.}/tests/lib.sh" || exit 1

make_archive
some_of_archive 's1-2-*'
more=$SOME
some_of_archive 's1-1-*' 's1-99-*' 's2-*' 's3-*'
first=$SOME
some_of_archive 's1-*' 's2-*' 's3-*'
LISTEN_PORT=$(free_port)
DESTS+=("DICOMQR 127.0.0.1 $LISTEN_PORT")
load_dcmqrscp "$first"
start_dcmqrscp
start_orthanc
load_orthanc "$first"

night() { run env DICOM_QR_NOW="$1" dicom-qr sync "$NODE" --retries 1 --output "$OUT" "${@:2}"; }
quiet() {
	expect_status 0
	expect_no_out
	expect_no_err
}

for pacs in dcmqrscp orthanc; do
	for method in get move; do
		choose_pacs $pacs
		OUT=$OUT-$method
		options=(--listen "$LISTEN_PORT")
		[ $method = move ] || options=(--method c-get)
		[ $method = get ] || AS_GOT=()
		night 2024-04-01T02:00:00 --from 2024-01-01 "${options[@]}"
		expect_status 0
		expect_no_err
		expect_same_objects "$first" "$OUT" "${AS_GOT[@]}"
		night 2024-04-02T02:00:00 --lookback 90d "${options[@]}"
		quiet
	done
	load_$pacs "$more"
	for method in get move; do
		choose_pacs $pacs
		OUT=$OUT-$method
		options=(--listen "$LISTEN_PORT")
		[ $method = move ] || options=(--method c-get)
		[ $method = get ] || AS_GOT=()
		night 2024-04-03T02:00:00 --lookback 90d "${options[@]}"
		expect_status 0
		expect_no_err
		case $pacs in
		dcmqrscp) expect_out ': 3 studies: 3 complete; 8 objects' ;;	# it does not count: they are listed
		orthanc) expect_out ': 1 study, 1 of them grown: 1 complete; 8 objects' ;;
		esac
		expect_same_objects "$SOME" "$OUT" "${AS_GOT[@]}"
		night 2024-04-04T02:00:00 --lookback 90d "${options[@]}"
		quiet
	done
done
pass
