/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of the commands about what is held and what happened. */
#include <stddef.h>

#include "cli/options.h"

#define AT(member) offsetof(struct values, member)
#define DAY 86400LL

const struct opt options_shape[] = {
	CHOICE("format", "", "FORMAT", AT(format), "table|json", "Output", "table or json (default: table)."),
	OPT_END
};

const struct opt options_rows[] = {
	INTEGER("limit", "", "N", AT(limit), 1, 1000000000, "Output", "At most so many rows, the newest (default: 20)."),
	OPT_END
};

#define VERIFY "Verify"
const struct opt options_verify[] = {
	STRING("against", "", "NODE", AT(against), VERIFY, "Compare with what this PACS lists, and write what is missing as a state file."),
	STRING("save-state", "", "FILE", AT(save_state), VERIFY,
	       "With --against: the state file for \"dicom-qr resume\" (default: standard output)."),
	FLAG("set-aside", "", AT(set_aside), VERIFY,
	       "Move changed and unreadable files into the quarantine, so that they count as missing and are asked for again."),
	OPT_END
};

#define SYNC "Sync"
const struct opt options_sync[] = {
	STRING("from", "", "DAY", AT(from), SYNC,
	       "Where the first run begins: YYYY-MM-DD, YYYYMMDD, today, yesterday, -30d (default: as far back as --lookback).  Ignored when "
	       "there is a watermark."),
	TIME("lookback", "", "TIME", AT(lookback), 0, 3650 * DAY, SYNC,
	       "How many days before the last covered day are asked for again, for studies that arrived late or have grown (default: 3d)."),
	TIME("settle", "", "TIME", AT(settle), 0, 30 * DAY, SYNC,
	       "Postpone studies that may still be acquired: those made within this time, and those whose number of objects has changed since a "
	       "run less than that ago (default: 0, none)."),
	FLAG("restart", "", AT(restart), SYNC,
	       "Forget the watermark, and begin as the first run does: for one run, never in a crontab.  What is here is not retrieved again."),
	STRING("give-up", "", "UID", AT(give_up), SYNC,
	       "Retrieve nothing; give up this study, which never becomes complete.  It is not asked for and does not hold the watermark, and each "
	       "run names it.  The NODE and the options of the nightly run are needed, too."),
	STRING("take-up", "", "UID", AT(take_up), SYNC, "Retrieve nothing; ask again for this study, which was given up."),
	SECONDS("give-up-after", "", "TIME", AT(give_up_after), DAY, 3650 * DAY, SYNC,
		"Give up each study that is not complete after so many days, counted from the first run that tried (default: never)."),
	FLAG("dry-run", "n", AT(dry_run), SYNC, "Show what would be done; retrieve and remember nothing."),
	OPT_END
};

const struct opt options_status[] = {
	TIME("max-age", "", "TIME", AT(max_age), 1, 3650 * DAY, "Status",
	       "Exit status 10 unless a run reached its end within this time (26h, 3d)."),
	OPT_END
};

const struct opt options_report[] = {
	FLAG("incomplete", "", AT(incomplete), "Report",
	       "The studies that are not complete, instead of the calendar; exit status 3 when there are any."),
	OPT_END
};

const struct opt options_import[] = {
	FLAG("dry-run", "n", AT(dry_run), "Import", "Read everything, record nothing."),
	OPT_END
};

#define FORGET "Forget"
const struct opt options_forget[] = {
	STRING("study", "", "UID", AT(study_uid), FORGET, "Only files of this study; without a folder wherever they are recorded."),
	FLAG("all", "", AT(all), FORGET, "Files that are still there as well."),
	FLAG("dry-run", "n", AT(dry_run), FORGET, "Show how many would be forgotten, forget nothing."),
	OPT_END
};

#define PURGE "Purge"
const struct opt options_purge[] = {
	STRING("before", "", "DATE", AT(before), PURGE,
	       "Forget what was recorded before this day: YYYYMMDD, YYYY-MM-DD, today, yesterday, -90d."),
	FLAG("dry-run", "n", AT(dry_run), PURGE, "Show how much would be forgotten, forget nothing."),
	OPT_END
};

#define ORGANISE "Organise"
const struct opt options_organise[] = {
	STRING("layout", "", "TEMPLATE", AT(layout), ORGANISE,
	       "Path of each file from its attributes, e.g. {PatientID}/{StudyDate}-{Modality}/{SeriesNumber:04}/{InstanceNumber:05}.dcm, or "
	       "flat."),
	FLAG("hierarchical", "", AT(hierarchical), ORGANISE, "PatientID/StudyInstanceUID/SeriesInstanceUID/SOPInstanceUID.dcm."),
	STRING("output", "o", "DIR", AT(output), ORGANISE, "Into this folder, on the same file system (default: rearranged in its place)."),
	FLAG("link", "", AT(link), ORGANISE, "Hard links in --output instead of moving: the tree stays as it is."),
	FLAG("dry-run", "n", AT(dry_run), ORGANISE, "Read everything, show what would be moved, move nothing."),
	STRING("undo", "", "FILE", AT(undo), ORGANISE,
	       "Take back what the undo list FILE tells, the last step first; what was changed since stays."),
	OPT_END
};
