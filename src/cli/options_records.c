/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of the commands about what is held and what happened. */
#include <stddef.h>

#include "cli/options.h"

#define AT(member) offsetof(struct values, member)
#define DAY 86400LL
#define END { NULL, "", NULL, OPT_FLAG, 0, 0, 0, NULL, NULL, NULL }

const struct opt options_shape[] = {
	{ "format", "", "FORMAT", OPT_CHOICE, AT(format), 0, 0, "table|json", "Output", "table or json (default: table)." },
	END
};

const struct opt options_rows[] = {
	{ "limit", "", "N", OPT_INTEGER, AT(limit), 1, 1000000000, NULL, "Output", "At most so many rows, the newest (default: 20)." },
	END
};

#define VERIFY "Verify"
const struct opt options_verify[] = {
	{ "against", "", "NODE", OPT_STRING, AT(against), 0, 0, NULL, VERIFY,
	  "Compare with what this PACS lists, and write what is missing as a state file." },
	{ "save-state", "", "FILE", OPT_STRING, AT(save_state), 0, 0, NULL, VERIFY,
	  "With --against: the state file for \"dicom-qr resume\" (default: standard output)." },
	{ "set-aside", "", NULL, OPT_FLAG, AT(set_aside), 0, 0, NULL, VERIFY,
	  "Move changed and unreadable files into the quarantine, so that they count as missing and are asked for again." },
	END
};

#define SYNC "Sync"
const struct opt options_sync[] = {
	{ "from", "", "DAY", OPT_STRING, AT(from), 0, 0, NULL, SYNC,
	  "Where the first run begins: YYYY-MM-DD, YYYYMMDD, today, yesterday, -30d (default: as far back as --lookback).  Once there is a "
	  "watermark it counts no more." },
	{ "lookback", "", "TIME", OPT_SECONDS, AT(lookback), 0, 3650 * DAY, NULL, SYNC,
	  "How far before the last covered day to look again, in whole days, for studies that came late or have grown (default: 3d)." },
	{ "settle", "", "TIME", OPT_SECONDS, AT(settle), 0, 30 * DAY, NULL, SYNC,
	  "Leave alone, for the next run, studies made within this time and those whose number of objects has changed since a run that was "
	  "less than that ago: they are still being acquired (default: 0, none)." },
	{ "restart", "", NULL, OPT_FLAG, AT(restart), 0, 0, NULL, SYNC,
	  "Forget the watermark, and begin as the first run does: for one run, never in a crontab.  What is here is not fetched again." },
	{ "dry-run", "n", NULL, OPT_FLAG, AT(dry_run), 0, 0, NULL, SYNC, "Show what would be done, fetch and remember nothing." },
	END
};

const struct opt options_status[] = {
	{ "max-age", "", "TIME", OPT_SECONDS, AT(max_age), 1, 3650 * DAY, NULL, "Status",
	  "Exit status 10 unless a run reached its end within this time (26h, 3d)." },
	END
};

const struct opt options_report[] = {
	{ "incomplete", "", NULL, OPT_FLAG, AT(incomplete), 0, 0, NULL, "Report",
	  "The studies that are not complete, instead of the calendar; exit status 3 when there are any." },
	END
};

const struct opt options_import[] = {
	{ "dry-run", "n", NULL, OPT_FLAG, AT(dry_run), 0, 0, NULL, "Import", "Read everything, record nothing." },
	END
};

#define FORGET "Forget"
const struct opt options_forget[] = {
	{ "study", "", "UID", OPT_STRING, AT(study_uid), 0, 0, NULL, FORGET,
	  "Only files of this study; without a folder wherever they are recorded." },
	{ "all", "", NULL, OPT_FLAG, AT(all), 0, 0, NULL, FORGET, "Files that are still there as well." },
	{ "dry-run", "n", NULL, OPT_FLAG, AT(dry_run), 0, 0, NULL, FORGET, "Show how many would be forgotten, forget nothing." },
	END
};

#define PURGE "Purge"
const struct opt options_purge[] = {
	{ "before", "", "DATE", OPT_STRING, AT(before), 0, 0, NULL, PURGE,
	  "Forget what was recorded before this day: YYYYMMDD, YYYY-MM-DD, today, yesterday, -90d." },
	{ "dry-run", "n", NULL, OPT_FLAG, AT(dry_run), 0, 0, NULL, PURGE, "Show how much would be forgotten, forget nothing." },
	END
};

#define ORGANISE "Organise"
const struct opt options_organise[] = {
	{ "layout", "", "TEMPLATE", OPT_STRING, AT(layout), 0, 0, NULL, ORGANISE,
	  "Path of each file from its attributes, e.g. {PatientID}/{StudyDate}-{Modality}/{SeriesNumber:04}/{InstanceNumber:05}.dcm, or "
	  "flat." },
	{ "hierarchical", "", NULL, OPT_FLAG, AT(hierarchical), 0, 0, NULL, ORGANISE,
	  "PatientID/StudyInstanceUID/SeriesInstanceUID/SOPInstanceUID.dcm." },
	{ "output", "o", "DIR", OPT_STRING, AT(output), 0, 0, NULL, ORGANISE,
	  "Into this folder, on the same file system (default: rearranged in its place)." },
	{ "link", "", NULL, OPT_FLAG, AT(link), 0, 0, NULL, ORGANISE,
	  "Hard links in --output instead of moving: the tree stays as it is." },
	{ "dry-run", "n", NULL, OPT_FLAG, AT(dry_run), 0, 0, NULL, ORGANISE, "Read everything, show what would be moved, move nothing." },
	{ "undo", "", "FILE", OPT_STRING, AT(undo), 0, 0, NULL, ORGANISE,
	  "Take back what the undo list FILE tells, the last step first; what was changed since stays." },
	END
};
