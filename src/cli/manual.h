/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Manual pages, made from the option tables, so that they cannot drift from the program. */
#pragma once

/* what: "dicom-qr", "dicom-qr-query" ... prints that page (man(7)); "list" the names of all pages; else what completion_print
 * knows.  Exit status. */
int manual_print(const char *what);
