#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The PACS says success and sends nothing, yet; or must recall from its archive.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
fault "success and nothing, at first" "get move" all "retrieve-empty-first 2 study $STUDY"
fault "success and nothing, always" "get move" "lacks 8 empty .*the PACS says success and sends no object" \
	"retrieve-empty study $STUDY" --retries 2
fault "nearline, comes later" "get move" all "retrieve-nearline $STUDY 4 a702"
fault "nearline, empty at first" "get move" all "retrieve-nearline $STUDY 4 empty"
fault "nearline, does not come" "get move" "lacks 8 parked .*recalled and has not come yet" \
	"retrieve-nearline $STUDY 600 a702" --retries 0
fault "queued, sent later" move all "move-late 7 24" --first-timeout 60
