#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The PACS refuses a form of request: lists, or a level.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
fault "retrieval of lists refused" "get move" all "retrieve-no-lists a900
	retrieve-lose $OBJECT $ROOT.4.2.1.4 $ROOT.4.2.2.1 times 3"
fault "image level refused" "get move" again "retrieve-level-refuse IMAGE a900
	retrieve-lose $OBJECT times 1"
fault "image level refused, C000" "get move" again "retrieve-level-refuse IMAGE c000
	retrieve-lose $OBJECT times 1"
fault "series level refused" "get move" all "retrieve-level-refuse SERIES a900
	retrieve-lose $OBJECT times 1"
fault "image and series level refused" "get move" again "retrieve-level-refuse IMAGE a900
	retrieve-level-refuse SERIES a900
	retrieve-lose $OBJECT times 1"
