/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every option of every command stands in one of these tables, with its help; nothing is parsed anywhere else. */
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/node/facts.h"
#include "core/plan/hours.h"
#include "dicom/charset.h"
#include "dicom/layout.h"
#include "dicom/tag.h"
#include "dicom/value.h"
#include "process/child.h"

#define AT(member) offsetof(struct values, member)
#define DAY 86400LL

#define NODE "Node"
const struct opt options_node[] = {
	STRING("aet", "aet", "TITLE", AT(aet), NODE, "Our own AE title, the calling one (default: DICOMQR)."),
	STRING("called-aet", "aec", "TITLE", AT(called_aet), NODE, "The AE title of the PACS (default: ANY-SCP)."),
	CHOICE("model", "", "ROOT", AT(model), "study|patient|patient-study", NODE,
	       "Information model: study root, patient root or patient/study only (default: study); -S, -P and -O mean these, too."),
	WORD("S", AT(model), "study"),
	WORD("P", AT(model), "patient"),
	WORD("O", AT(model), "patient-study"),
	STRING("charset", "", "TERM", AT(charset), NODE,
	       "Character set of search keys, and of answers that declare none, as a DICOM defined term such as \"ISO_IR 100\" "
	       "(default: ISO_IR 192, UTF-8)."),
	STRING("tls-ca", "", "PATH", AT(tls_ca), NODE,
	       "Talk TLS, and believe the certificates in this PEM file or folder; \"none\" believes anybody's."),
	STRING("tls-cert", "", "FILE", AT(tls_cert), NODE, "Our own certificate for TLS, in PEM."),
	STRING("tls-key", "", "FILE", AT(tls_key), NODE, "Its private key, in PEM, without a passphrase."),
	SECONDS("timeout", "", "SECONDS", AT(timeout), 1, DAY, NODE, "Connection timeout (default: 60)."),
	OPT_END
};

#define DRY_FORMAT(group) CHOICE("format", "", "FORMAT", AT(format), "table|json", group, "With --dry-run: table or json (default: table).")

#define QUERY "Query"
const struct opt options_dates[] = {
	STRING("study-date", "", "DATE", AT(study_date), QUERY,
	       "Study date or range: YYYYMMDD, YYYYMMDD-YYYYMMDD, open at either end, YYYY-MM-DD, today, yesterday, -30d."),
	STRING("from", "", "DAY", AT(from), QUERY,
	       "Studies of this day and later, instead of --study-date: YYYY-MM-DD, YYYYMMDD, today, yesterday, -30d."),
	STRING("until", "", "DAY", AT(until), QUERY, "Studies of this day and earlier."),
	OPT_END
};

const struct opt options_query[] = {
	STRING("patient-name", "", "NAME", AT(patient_name), QUERY, "Patient name; wildcards * and ?."),
	STRING("patient-id", "", "ID", AT(patient_id), QUERY, "Patient ID."),
	STRING("study-time", "", "TIME", AT(study_time), QUERY,
	       "Studies made at this time of the day: HHMM-HHMM, HHMMSS-HHMMSS, open at either end; checked here, and part of the request "
	       "when the date is a single day."),
	STRING("study-uid", "", "UID", AT(study_uid), QUERY, "Study Instance UID."),
	STRING("accession-number", "", "NUMBER", AT(accession_number), QUERY, "Accession Number."),
	STRING("modality", "", "MODALITY", AT(modality), QUERY,
	       "Studies with this modality (CT, MR, US ...); checked here again, since some PACS ignore it."),
	STRING("study-description", "", "TEXT", AT(study_description), QUERY, "Study description; wildcards * and ?."),
	STRING("desc-include", "", "WORDS", AT(desc_include), QUERY,
	       "Keep only studies whose description contains one of these comma-separated words, in any case; checked here."),
	TEXT("desc-exclude", "", "WORDS", AT(desc_exclude), QUERY,
	       "Leave out studies whose description contains one of these comma-separated words, in any case; checked here."),
	STRING("station-include", "", "WORDS", AT(station_include), QUERY,
	       "Keep only studies from a station whose name contains one of these comma-separated words, in any case; checked here, by the "
	       "series where the PACS does not tell it of studies."),
	TEXT("station-exclude", "", "WORDS", AT(station_exclude), QUERY,
	       "Leave out studies from a station whose name contains one of these comma-separated words, in any case; checked here."),
	FLAG("sr-only", "", AT(sr_only), QUERY, "Only studies that consist of structured reports (SR) alone; checked here."),
	OPT_END
};

const struct opt options_batch[] = {
	STRING("batch", "", "FILE", AT(batch), QUERY,
	       "Studies named by the lines of a CSV file whose first line has DICOM keywords (AccessionNumber, PatientID, StudyDate ...); each line "
	       "is asked for before anything is retrieved, and accounted for: found, several (all are taken), none, error.  Answers are kept for a "
	       "day until all lines are asked: after an interruption the same command goes on.  - is standard input."),
	FLAG("batch-patterns", "", AT(batch_patterns), QUERY,
	     "Let cells with identifiers (patient ID, accession number, study UID) be patterns with * and ?; without it they match exactly."),
	STRING("batch-report", "", "FILE", AT(batch_report), QUERY,
	       "Where the account of the batch goes, as CSV for spreadsheets, with the verdict of each line at the end (default: standard "
	       "output)."),
	OPT_END
};

const struct opt options_key[] = {
	LIST("key", "k", "KEY", AT(keys), QUERY,
	       "A matching key, Keyword=value or gggg,eeee=value; without a value the attribute is asked for.  The value is checked here "
	       "again where the PACS returns the attribute.  May be repeated."),
	OPT_END
};

const struct opt options_keys[] = {
	STRING("level", "L", "LEVEL", AT(level), QUERY, "PATIENT, STUDY, SERIES or IMAGE (default: STUDY)."),
	LIST("return", "", "KEYWORD", AT(returns), QUERY, "A further attribute to ask for.  May be repeated."),
	STRING("series-uid", "", "UID", AT(series_uid), QUERY, "Series Instance UID, for the levels below."),
	STRING("sort", "", "KEYWORD", AT(sort), QUERY,
	       "Sort by this attribute, descending as -KEYWORD; rows without it come last (default: as the PACS answers)."),
	INTEGER("limit", "", "N", AT(limit), 1, 1000000000, QUERY, "Stop after so many rows."),
	FLAG("count", "", AT(count_only), QUERY, "Show only how many rows there are."),
	FLAG("tree", "", AT(tree), QUERY,
	       "Show patients, their studies, series and objects, as far down as --level says (default: IMAGE)."),
	FLAG("fail-if-empty", "", AT(fail_if_empty), QUERY, "Exit status 4 when nothing matched."),
	OPT_END
};

#define PATIENCE "Waiting and trying again"
const struct opt options_patience[] = {
	SECONDS("first-timeout", "", "SECONDS", AT(first_timeout), 0, DAY, PATIENCE,
	       "Until the first answer to a query; 0 = no limit (default: --timeout where it is given, else 300)."),
	SECONDS("stall-timeout", "", "SECONDS", AT(stall_timeout), 0, DAY, PATIENCE,
	       "Between two answers; 0 = no limit (default: --timeout where it is given, else 60)."),
	INTEGER("retries", "", "N", AT(retries), 0, 100, PATIENCE, "Further tries of a query that failed for now (default: 3)."),
	SECONDS("retry-wait", "", "SECONDS", AT(retry_wait), 0, DAY, PATIENCE, "Pause before each further try (default: 5)."),
	OPT_END
};

#define SELECTION "Selection within the studies"
const struct opt options_select[] = {
	CHOICE("select", "", "WHAT", AT(select), "all|dose", SELECTION,
	       "all, or dose: of each CT, MG, DX, CR, XA or RF study what tells the dose, a Radiation Dose SR where there is one "
	       "(default: all)."),
	FLAG("empty-sr", "", AT(empty_sr), SELECTION,
	       "With --select dose: without another report also take an SR of which the PACS lists no object, or no SOP class."),
	STRING("series-modality", "", "LIST", AT(series_modality), SELECTION, "Only series of these comma-separated modalities."),
	STRING("series-description", "", "WORDS", AT(series_description), SELECTION,
	       "Only series whose description contains one of these comma-separated words, in any case."),
	STRING("sop-class", "", "UIDS", AT(sop_class), SELECTION, "Only objects of these comma-separated SOP Class UIDs."),
	OPT_END
};

#define RETRIEVE "Retrieval"
const struct opt options_retrieve[] = {
	STRING("move-dest", "aem", "TITLE", AT(move_dest), RETRIEVE,
	       "Move destination AE title (required for C-MOVE; with --listen it defaults to our own)."),
	STRING("listen", "", "[ADDRESS:]PORT", AT(listen), RETRIEVE,
	       "Receive what is moved ourselves, on this port (of this address alone, when one is given); the PACS must know the move "
	       "destination at this host and port."),
	LIST("accept-from", "", "HOST", AT(accept_from), RETRIEVE,
	       "A further host, or a network such as 10.1.0.0/16, that may send to our receiver, when the PACS sends from another "
	       "address.  May be repeated."),
	LIST("accept-aet", "", "TITLE", AT(accept_aet), RETRIEVE,
	       "A calling AE title that may send to our receiver, when the PACS sends by another than its own; * is any.  May be repeated."),
	CHOICE("method", "", "METHOD", AT(method), "c-move|c-get|auto", RETRIEVE,
	       "c-move, c-get, or auto: C-GET, and with --listen C-MOVE for what C-GET cannot bring (default: c-move where a move destination or "
	       "--listen is known, else auto)."),
	STRING("output", "o", "DIR", AT(output), RETRIEVE, "Output directory for retrieved files (default: current directory)."),
	FLAG("hierarchical", "", AT(hierarchical), RETRIEVE,
	       "Organize files hierarchically (default: one folder, names as DCMTK gives them)."),
	STRING("layout", "", "TEMPLATE", AT(layout), RETRIEVE,
	       "Path of each file from its attributes, e.g. {PatientID}/{StudyDate}-{Modality}/{SeriesNumber:04}/{InstanceNumber:05}.dcm."),
	FLAG("validate", "", AT(validate), RETRIEVE,
	       "Read every file of the retrieved studies once more at the end, and report how many are valid."),
	FLAG("force", "", AT(force), RETRIEVE, "Ask again for objects that are here already."),
	FLAG("wait-for-others", "", AT(wait_for_others), RETRIEVE,
	     "When another run is fetching the same studies into this folder, wait until it has ended (default: end with status 9)."),
	CHOICE("trust", "", "WHAT", AT(trust), "list|count|status", RETRIEVE,
	       "What proves a study complete: the PACS's list of its objects, its count, or the final status (default: list)."),
	INTEGER("parallel", "", "N", AT(parallel), 1, 64, RETRIEVE,
	       "Maximum concurrent retrievals; fewer are used while the PACS refuses more (default: 1)."),
	INTEGER("retries", "", "N", AT(retries), 0, 100, RETRIEVE, "Further tries of what failed for now (default: 3)."),
	SECONDS("retry-wait", "", "SECONDS", AT(retry_wait), 0, DAY, RETRIEVE,
	       "Pause before the first further try; it grows (default: 5)."),
	SECONDS("first-timeout", "", "SECONDS", AT(first_timeout), 0, DAY, RETRIEVE,
	       "Until the first object arrives; 0 = no limit (default: 300)."),
	SECONDS("stall-timeout", "", "SECONDS", AT(stall_timeout), 0, DAY, RETRIEVE,
	       "Without a new object or byte; 0 = no limit (default: 60)."),
	SECONDS("study-timeout", "", "SECONDS", AT(study_timeout), 0, 30 * DAY, RETRIEVE,
	       "Hard limit for one study; 0 = no limit (default: 0)."),
	SECONDS("pause", "", "SECONDS", AT(pause), 0, DAY, RETRIEVE, "Pause between requests (default: 0)."),
	STRING("mode", "", "MODE", AT(mode), RETRIEVE,
	       "Permissions of files and folders: 700, 750, 755 or 600, 640, 644 as chmod takes them (a folder can be entered where its files "
	       "can be read), or an octal umask that begins with 0 (default: 077, for the owner alone)."),
	OPT_END
};

const struct opt options_series[] = {
	STRING("study-uid", "", "UID", AT(study_uid), RETRIEVE, "Study Instance UID to retrieve."),
	STRING("series-uid", "", "UID", AT(series_uid), RETRIEVE, "Series Instance UID to retrieve (requires --study-uid)."),
	STRING("instance-uid", "", "UID", AT(instance_uid), RETRIEVE,
	       "SOP Instance UID to retrieve (requires --study-uid and --series-uid)."),
	STRING("uid-list", "", "FILE", AT(uid_list), RETRIEVE,
	       "File with one Study Instance UID per line; # begins a comment; - is standard input."),
	OPT_END
};

#define LIMITS "Limits"
const struct opt options_limits[] = {
	INTEGER("max-studies", "", "N", AT(max_studies), 1, 100000000, LIMITS,
	       "At most so many studies in this run; \"dicom-qr resume\" takes the next ones."),
	INTEGER("max-images", "", "N", AT(max_images), 1, 1000000000, LIMITS,
	       "Ask for at most so many objects in this run; the last study may be taken in part."),
	BYTES("max-bytes", "", "SIZE", AT(max_bytes), 1, 1LL << 60, LIMITS, "Stop after so many bytes (512M, 20G)."),
	TIME("max-duration", "", "TIME", AT(max_duration), 1, 3650 * DAY, LIMITS, "Stop after so long (90m, 8h)."),
	STRING("window", "", "WHEN", AT(window), LIMITS,
	       "Ask the PACS only at these local times: 19:00-06:00, or \"mon-fri 19:00-06:00, sat-sun 00:00-24:00\"; a window over midnight belongs "
	       "to the day on which it begins (default: the node's windows, else always)."),
	OPT_END
};

#define TELL "Telling others"
const struct opt options_tell[] = {
	STRING("on-study", "", "PROGRAM", AT(on_study), TELL,
	       "Run PROGRAM for each study that has news, with its folder, Study Instance UID, verdict and manifest as arguments."),
	STRING("on-finish", "", "PROGRAM", AT(on_finish), TELL,
	       "Run PROGRAM at the end, whatever came of it, with the exit status and the output directory as arguments."),
	SECONDS("hook-timeout", "", "TIME", AT(hook_timeout), 1, 30 * DAY, TELL, "How long each such program may take (default: 10m)."),
	STRING("metrics", "", "FILE", AT(metrics), TELL,
	       "Write what the run came to into FILE, in the text format of Prometheus' node exporter; other users may read it."),
	OPT_END
};

#define MODE "Mode (choose one)"
const struct opt options_mode[] = {
	FLAG("interactive", "", AT(interactive), MODE, "Show the studies found and ask which to retrieve."),
	FLAG("auto", "", AT(automatic), MODE, "Retrieve all matching studies."),
	FLAG("review", "", AT(review), MODE, "Query only; save the state for later."),
	FLAG("dry-run", "n", AT(dry_run), MODE, "Ask the PACS, show what would be done, fetch nothing; with --verbose also the commands."),
	DRY_FORMAT(MODE),
	STRING("save-state", "", "FILE", AT(save_state), MODE, "Save query and retrieval state to FILE, for \"dicom-qr resume\"."),
	FLAG("fail-if-empty", "", AT(fail_if_empty), MODE, "Exit status 4 when nothing matched."),
	OPT_END
};

const struct opt options_resume[] = {
	STRING("state", "", "FILE", AT(state), "Resume", "The state file to carry on with; - is standard input."),
	FLAG("dry-run", "n", AT(dry_run), "Resume", "Show what would be done, fetch nothing; with --verbose also the commands."),
	DRY_FORMAT("Resume"),
	OPT_END
};

const struct opt options_format[] = {
	CHOICE("format", "", "FORMAT", AT(format), "table|json|jsonl|csv|csv-raw", "Output",
	       "table, json, jsonl (one object a line, as they come), csv or csv-raw (default: table).  Spreadsheets take a cell that begins "
	       "with = + - @ or white space for a formula: csv puts an apostrophe before it; csv-raw has the values unchanged, for programs."),
	OPT_END
};

#define GENERAL "General"
const struct opt options_general[] = {
	OPTIONS("options", "", "FILE", GENERAL,
		"Read further options from FILE (- is standard input), one a line, such as \"--patient-id 12345\": for what no other user of "
		"this machine is to see in the list of processes."),
	FLAG("verbose", "v", AT(verbose), GENERAL, "Show verbose output including detailed progress."),
	FLAG("debug", "d", AT(debug), GENERAL, "Show everything, with the command lines of the tools."),
	FLAG("quiet", "q", AT(quiet), GENERAL, "One line when something needs attention, none otherwise."),
	CHOICE("progress", "", "HOW", AT(progress), "auto|plain|json|none", GENERAL,
	       "A live line on a terminal and plain lines otherwise; or plain, json, none (default: auto)."),
	STRING("log-file", "", "FILE", AT(log_file), GENERAL, "Append the log to FILE."),
	FLAG("log-phi", "", AT(log_phi), GENERAL,
	       "Let log lines show where in the output folder a file lies, which may name patients; without it they carry UIDs alone."),
	FLAG("help", "h", AT(help), GENERAL, "Show this help."),
	FLAG("version", "", AT(version), GENERAL, "Show the version."),
	OPT_END
};

void values_init(struct values *v)
{
	memset(v, 0, sizeof *v);
	v->chosen = mem_alloc(sizeof *v->chosen);
	v->parallel = v->retries = v->retry_wait = v->pause = -1;
	v->timeout = v->first_timeout = v->stall_timeout = v->study_timeout = -1;
	v->hook_timeout = -1;
	v->max_studies = v->max_images = v->max_bytes = v->max_duration = v->limit = v->max_age = -1;
	v->lookback = v->settle = v->give_up_after = -1;
}

void values_done(struct values *v)
{
	opt_list_done(&v->keys);
	opt_list_done(&v->returns);
	opt_list_done(&v->accept_from);
	opt_list_done(&v->accept_aet);
	if (v->chosen)
		nodes_done(&v->chosen->config);
	free(v->chosen);
	v->chosen = NULL;
}

/* ---- values to settings ---- */

static int set_title(char to[17], const char *given, const char *what, struct err *e)
{
	if (!given)
		return 0;
	if (ae_title_check(given, what, e) < 0)
		return -1;
	snprintf(to, 17, "%s", given);
	return 0;
}

/* Relative paths are those of this run; a node and a state file keep absolute ones. */
static int set_path(char to[256], const char *given, const char *option, struct err *e)
{
	auto_free char *path = NULL;

	if (!given)
		return 0;
	path = strcmp(given, TLS_ANYBODY) && *given ? file_absolute(given) : mem_str(given);
	if (snprintf(to, 256, "%s", path) >= 256)
		return err_set(e, ERR_USAGE, "%s: longer than 255 bytes: %.80s...", option, path);
	return 0;
}

static int set_tls(const struct values *v, struct tls *t, struct err *e)
{
	if (set_path(t->authorities, v->tls_ca, "--tls-ca", e) < 0 || set_path(t->certificate, v->tls_cert, "--tls-cert", e) < 0 ||
	    set_path(t->key, v->tls_key, "--tls-key", e) < 0 || tls_check(t, e) < 0)
		return -1;
	for (const char *const *path = (const char *const[]){ t->authorities, t->certificate, t->key, NULL }; *path; path++)
		if (**path && strcmp(*path, TLS_ANYBODY) != 0 && access(*path, R_OK) < 0) {
			err_sys(e, "TLS: read %s", *path);
			e->kind = ERR_USAGE;
			return -1;
		}
	return 0;
}

static int set_node(const struct values *v, struct peer *peer, struct err *e)
{
	if (set_title(peer->calling, v->aet, "--aet", e) < 0 || set_title(peer->called, v->called_aet, "--called-aet", e) < 0)
		return -1;
	if (v->model && model_parse(v->model, &peer->model, e) < 0)
		return -1;
	if (v->charset) {
		if (!charset_is_known(v->charset))
			return err_set(e, ERR_USAGE, "--charset: '%s' is no DICOM character set (such as \"ISO_IR 100\", \"ISO_IR 192\", "
				       "\"GB18030\", \"ISO 2022 IR 87\")", v->charset);
		snprintf(peer->charset, sizeof peer->charset, "%s", v->charset);
	}
	return set_tls(v, &peer->tls, e);
}

int values_config(const struct values *v, const struct nodes **ret_config, struct err *e)
{
	struct chosen *chosen = v->chosen;

	if (!chosen->loaded) {
		nodes_done(&chosen->config);
		if (nodes_load(&chosen->config, e) < 0)
			return -1;
		chosen->loaded = true;
	}
	*ret_config = &chosen->config;
	return 0;
}

/* A word that can only be a name or a number; "host port" are two words and an address. */
static bool is_bare(const char *const *rest, size_t count)
{
	return !strpbrk(rest[0], ":@/[") && (count < 2 || !rest[1][0] || rest[1][strspn(rest[1], "0123456789")]);
}

static int not_known(const struct nodes *config, const char *word, struct err *e)
{
	auto_buf struct buf names = BUF_INIT(1 << 12);

	nodes_names(config, &names);
	if (!nodes_any(config))
		return err_set(e, ERR_USAGE, "'%.100s' is neither a known node nor an address (pacs://host[:port], AET@host[:port], host:port or "
			       "host port). No node is configured; see: dicom-qr node add --help", word);
	return err_set(e, ERR_USAGE, "'%.100s' is neither one of the nodes (%.160s) nor an address (pacs://host[:port], AET@host[:port], host:port or "
		       "host port)", word, buf_text(&names));
}

static int choose_node(const struct values *v, const char *word, struct err *e)
{
	const struct nodes *config;

	if (values_config(v, &config, e) < 0)
		return -1;
	v->chosen->node = word ? nodes_find(config, word) : nodes_default(config, e);
	if (v->chosen->node || e->kind)
		return v->chosen->node ? 0 : -1;
	if (!word)
		return err_set(e, ERR_USAGE, "which PACS? Give the name of a node, pacs://host[:port], AET@host[:port], host:port or host port "
			       "(all options: --help)");
	return not_known(config, word, e);
}

int values_peer(const struct values *v, const char *const *rest, size_t count, struct peer *peer, size_t *used, struct err *e)
{
	bool second = false;

	peer_init(peer);
	if (!count || is_bare(rest, count)) {
		if (choose_node(v, count ? rest[0] : NULL, e) < 0)
			return -1;
		*used = count ? 1 : 0;
		*peer = v->chosen->node->how.peer;
		if (!*peer->host)
			return err_set(e, ERR_USAGE, "node '%s' is a place for files and no PACS: it has no host", v->chosen->node->name);
		return set_node(v, peer, e);
	}
	if (peer_parse(peer, rest[0], count > 1 ? rest[1] : NULL, &second, e) < 0)
		return -1;
	*used = second ? 2 : 1;
	return set_node(v, peer, e);
}

static void set_number(long long *to, long long given)
{
	if (given >= 0)
		*to = given;
}

static int set_mode(const char *text, struct settings *how, struct err *e)
{
	return text && mode_parse(text, &how->umask, e) < 0 ? err_in(e, "--mode") : 0;
}

static int set_layout(const struct values *v, struct settings *how, struct err *e)
{
	const char *source = v->layout ? v->layout : v->hierarchical ? LAYOUT_PATIENT : NULL;
	struct layout *layout;

	if (v->layout && v->hierarchical)
		return err_set(e, ERR_USAGE, "--layout and --hierarchical exclude each other");
	if (!source)
		return 0;
	layout = layout_parse(source, e);
	if (!layout)
		return err_in(e, "--layout");
	layout_free(layout);
	free(how->layout);
	how->layout = mem_str(source);
	how->hierarchical = v->hierarchical;
	return 0;
}

static int set_window(const char *window, struct settings *how, struct err *e)
{
	struct hours hours;

	if (!window)
		return 0;
	if (hours_parse(window, &hours, e) < 0)
		return err_in(e, "--window");
	free(how->window);
	how->window = mem_str(window);
	return 0;
}

static void set_numbers(const struct values *v, struct settings *how)
{
	set_number(&how->parallel, v->parallel);
	set_number(&how->retries, v->retries);
	set_number(&how->retry_wait_s, v->retry_wait);
	set_number(&how->pause_s, v->pause);
	set_number(&how->timeout_s, v->timeout);
	set_number(&how->first_timeout_s, v->first_timeout);
	set_number(&how->stall_timeout_s, v->stall_timeout);
	set_number(&how->study_timeout_s, v->study_timeout);
	set_number(&how->max_studies, v->max_studies);
	set_number(&how->max_images, v->max_images);
	set_number(&how->max_bytes, v->max_bytes);
	set_number(&how->max_duration_s, v->max_duration);
	set_number(&how->hook_timeout_s, v->hook_timeout);
}

void values_patience(const struct values *v, struct settings *how)
{
	if (v->timeout > 0)
		how->first_timeout_s = how->stall_timeout_s = v->timeout;
	set_numbers(v, how);
}

/* Looked for before anything is asked, and named absolutely: what PATH and the working folder are later does not matter. */
static int set_program(const char *given, const char *option, char **to, struct err *e)
{
	char *path = given ? child_find(given, e) : NULL;

	if (given && !path) {
		err_in(e, "%s", option);
		e->kind = ERR_USAGE;
		return -1;
	}
	free(*to);
	*to = path;
	return 0;
}

static int check_metrics(const char *path, struct err *e)
{
	auto_free char *folder = path ? file_absolute(path) : NULL;

	if (!path)
		return 0;
	*(strrchr(folder, '/') + 1) = '\0';
	if (file_is_dir(path) || access(folder, W_OK | X_OK) < 0)
		return err_set(e, ERR_USAGE, "--metrics %s: %s", path,
			       file_is_dir(path) ? "it is a folder" : "there is no such folder, or it may not be written to");
	return 0;
}

static int set_told(const struct values *v, struct settings *how, struct err *e)
{
	if (set_program(v->on_study, "--on-study", &how->on_study, e) < 0 ||
	    set_program(v->on_finish, "--on-finish", &how->on_finish, e) < 0)
		return -1;
	return check_metrics(v->metrics, e);
}

int values_settings(const struct values *v, struct settings *how, struct err *e)
{
	static const char *const trusts[] = { "list", "count", "status" };

	if (v->chosen->node)
		node_settle(v->chosen->node, how);
	if (set_node(v, &how->peer, e) < 0 || set_title(how->destination, v->move_dest, "--move-dest", e) < 0 ||
	    set_mode(v->mode, how, e) < 0 || set_layout(v, how, e) < 0)
		return -1;
	if (how->umask >= 0)
		file_set_umask((mode_t)how->umask);
	if (v->method && method_parse(v->method, &how->method, e) < 0)
		return -1;
	how->method_stated |= v->method != NULL;
	for (size_t i = 0; v->trust && i < countof(trusts); i++)
		if (!strcmp(v->trust, trusts[i]))
			how->trust = (enum trust)i;
	if (v->output || !how->output) {
		free(how->output);
		how->output = file_absolute(v->output ? v->output : ".");
	}
	how->validate |= v->validate;
	if (set_window(v->window, how, e) < 0)
		return -1;
	how->force |= v->force;
	how->wait_for_others |= v->wait_for_others;
	set_numbers(v, how);
	if (set_told(v, how, e) < 0)
		return -1;
	if (v->listen && settings_listen(how, v->listen, e) < 0)
		return err_in(e, "--listen %s", v->listen);
	if (v->accept_aet.count) {
		how->accept_aet.items = v->accept_aet.items;
		how->accept_aet.count = v->accept_aet.count;
	}
	if (v->accept_from.count) {
		how->accept_from.items = v->accept_from.items;
		how->accept_from.count = v->accept_from.count;
	}
	settings_choose_method(how, v->move_dest && !v->method);
	return 0;
}

/* Before the PACS is asked; a folder that is not there yet is made when the run begins. */
static int check_output(const char *output, struct err *e)
{
	if (access(output, F_OK) < 0)
		return 0;
	if (!file_is_dir(output))
		return err_set(e, ERR_SYSTEM, "output folder %s: it is there and no folder", output);
	return access(output, W_OK | X_OK) < 0 ? err_sys(e, "output folder %s", output) : 0;
}

int settings_check(struct settings *how, bool retrieving, struct err *e)
{
	log_hide_below(how->output);
	if (!how->destination[0] && how->listen_port)
		memcpy(how->destination, how->peer.calling, sizeof how->destination);
	if (retrieving && how->method == METHOD_MOVE && !how->destination[0])
		return err_set(e, ERR_USAGE, "C-MOVE requires --move-dest (the AE title that receives the files; with --listen PORT we "
			       "receive them ourselves); or use --method c-get");
	return retrieving ? check_output(how->output, e) : 0;
}

/* ---- values to query ---- */

static int set_key(struct query *q, uint32_t tag, const char *value, char **keep, struct err *e)
{
	auto_free char *text = NULL;

	if (!value || !*value)
		return 0;
	text = mem_printf("%s=%s", tag_name(tag), value);
	if (query_add_text(q, text, e) < 0)
		return -1;
	if (keep)
		*keep = mem_str(value);
	return 0;
}

int values_dates(struct values *v, struct err *e)
{
	struct date_range range = { 0, 0 };

	if (!v->from && !v->until)
		return 0;
	if (v->study_date)
		return err_set(e, ERR_USAGE, "--study-date and --from or --until exclude each other");
	if (v->from && date_day_parse(v->from, &range.from, e) < 0)
		return err_in(e, "--from");
	if (v->until && date_day_parse(v->until, &range.until, e) < 0)
		return err_in(e, "--until");
	if (range.from && range.until && range.from > range.until)
		return err_set(e, ERR_USAGE, "--from %s is after --until %s", v->from, v->until);
	date_range_format(&range, v->chosen->dates);
	v->study_date = v->chosen->dates;
	return 0;
}

/* A PACS compares date and time each for itself, so that a time goes with a single day only.  The end is sent a second later: times
 * may have fractions. */
static int set_time(const struct values *v, struct query *q, struct filter *c, struct err *e)
{
	auto_free char *text = NULL;
	const struct time_range *t = &c->times;
	int end;

	if (!v->study_time)
		return 0;
	if (time_range_parse(v->study_time, &c->times, e) < 0)
		return err_in(e, "--study-time");
	c->timed = true;
	if (!c->dates.from || c->dates.from != c->dates.until)
		return 0;
	end = t->until + 1;
	text = mem_printf("StudyTime=%02d%02d%02d-", t->from / 3600, t->from / 60 % 60, t->from % 60);
	if (end < 86400) {
		auto_free char *open = text;

		text = mem_printf("%s%02d%02d%02d", open, end / 3600, end / 60 % 60, end % 60);
	}
	return query_add_text(q, text, e);
}

/* For a node of which a person stated that it answers nothing without a date. */
static int need_date(const struct values *v, struct query *q, struct filter *c, struct err *e)
{
	const struct node *node = v->chosen->node;
	auto_free char *text = NULL;
	char range[20];

	if (!node || !node->require_date || v->study_uid || *dataset_get(&q->keys, TAG_StudyDate))
		return 0;
	facts_needed_dates(&c->dates);
	date_range_format(&c->dates, range);
	log_warning("node %s needs a date: the last %d days are asked for (%s)", node->name, FACT_NEEDED_DAYS, range);
	text = mem_printf("StudyDate=%s", range);
	return query_add_text(q, text, e);
}

/* What is a condition here again; what has no value is only asked for. */
static void keep_key(struct filter *c, const struct element *key)
{
	if (key->len && key->tag != TAG_SpecificCharacterSet)
		dataset_put(&c->keys, key->tag, key->vr, key->value, key->len);
}

static int add_keys(const struct values *v, struct query *q, struct filter *c, struct err *e)
{
	for (size_t i = 0; i < v->keys.count; i++) {
		struct query one;
		int failed;

		query_init(&one, q->level);
		failed = query_add_text(&one, v->keys.items[i], e);
		if (!failed)
			failed = query_add_text(q, v->keys.items[i], e);
		for (size_t k = 0; k < one.keys.count && !failed; k++)
			keep_key(c, &one.keys.elements[k]);
		query_done(&one);
		if (failed)
			return err_in(e, "-k");
	}
	return 0;
}

/* A PACS that stumbles over the key is asked for all; the condition is checked here anyway. */
static int set_modality(const struct values *v, struct query *q, struct filter *c, struct err *e)
{
	bool several = v->modality && strpbrk(v->modality, ",\\");	/* a key of this kind holds one value */

	if (!several && !(v->chosen->node && v->chosen->node->no_modality_filter))
		return set_key(q, TAG_ModalitiesInStudy, v->modality, &c->modality, e);
	c->modality = mem_str(v->modality);
	return 0;
}

int values_conditions(const struct values *v, struct query *q, struct filter *c, struct err *e)
{
	memset(c, 0, sizeof *c);
	query_init(q, LEVEL_STUDY);
	if (v->study_date && date_range_parse(v->study_date, &c->dates, e) < 0)
		return err_in(e, "--study-date");
	if (v->study_uid && uid_check(v->study_uid, "--study-uid", e) < 0)
		return -1;
	if (set_key(q, TAG_PatientName, v->patient_name, &c->patient_name, e) < 0 ||
	    set_key(q, TAG_PatientID, v->patient_id, &c->patient_id, e) < 0 ||
	    set_key(q, TAG_StudyDate, v->study_date, NULL, e) < 0 ||
	    set_key(q, TAG_StudyInstanceUID, v->study_uid, &c->study_uid, e) < 0 ||
	    set_key(q, TAG_AccessionNumber, v->accession_number, &c->accession, e) < 0 ||
	    set_modality(v, q, c, e) < 0 ||
	    set_key(q, TAG_StudyDescription, v->study_description, &c->study_description, e) < 0 || add_keys(v, q, c, e) < 0 ||
	    need_date(v, q, c, e) < 0 || set_time(v, q, c, e) < 0)
		return -1;
	c->include = mem_str(v->desc_include);
	c->exclude = mem_str(v->desc_exclude);
	c->station_include = mem_str(v->station_include);
	c->station_exclude = mem_str(v->station_exclude);
	c->sr_only = v->sr_only;
	if (v->station_include || v->station_exclude)
		dataset_text(&q->keys, TAG_StationName, "");
	query_add_returns(q);
	return 0;
}

int values_query(const struct values *v, struct query *q, struct filter *c, struct err *e)
{
	if (values_conditions(v, q, c, e) < 0)
		return -1;
	if (q->level != LEVEL_STUDY)
		return err_set(e, ERR_USAGE, "-k QueryRetrieveLevel: studies are asked for here; other levels: dicom-qr query --level");
	return query_check(q, MODEL_STUDY, e);
}

static int check_classes(const char *list, struct err *e)
{
	auto_free char *copy = mem_str(list);
	char *rest = copy, *uid;

	while (list && (uid = strsep(&rest, ",")))
		if (uid_check(value_trim(uid), "--sop-class", e) < 0)
			return -1;
	return 0;
}

int values_select(const struct values *v, struct dose_rules *r, struct err *e)
{
	memset(r, 0, sizeof *r);
	r->dose = v->select && !strcmp(v->select, "dose");
	r->empty_sr = v->empty_sr;
	r->series_modality = v->series_modality;
	r->series_description = v->series_description;
	r->sop_class = v->sop_class;
	if (v->empty_sr && !r->dose)
		return err_set(e, ERR_USAGE, "--empty-sr goes with --select dose");
	if (check_classes(v->sop_class, e) < 0)
		return -1;
	return r->dose ? dose_kinds_parse(v->modality, &r->kinds, e) : 0;
}
