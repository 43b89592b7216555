#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs dicom-qr as pacs-nm-retriever, for old crontabs that name this script: python pacs_nm_retriever.py --study-date 20210901"""
import os
import sys

try:
    os.execvp("dicom-qr", ["pacs_nm_retriever.py", *sys.argv[1:]])
except OSError as error:
    sys.exit(f"pacs_nm_retriever.py: dicom-qr cannot be started: {error.strerror}: is it installed?")
