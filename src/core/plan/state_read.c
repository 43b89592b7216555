/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a state file.  Study by study, so that a hundred thousand need little memory; nothing in it is believed before
 * it was checked; whatever we have no name for is kept to be written again. */
#include "core/plan/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/ownership.h"
#include "core/plan/members.h"
#include "core/plan/state_p.h"
#include "dicom/value.h"

#define BLANKS " \t\r\n"

/* Members of a study other than numbers: those of dicom/study, then ours. */
static const char *const known_members[] = {
	"patientName", "patientID", "studyInstanceUID", "studyDate", "modality", "studyDescription", "accessionNumber",
	"studyTime", "patientBirthDate", "instanceAvailability", "studyID", "stationName", "numberOfSeries",
	"numberOfInstances",
	"status", "skipped", "reason", "error", "expectedFrom", "seriesInstanceUID", "instances", "instancesOf", "missing", "later",
};

static int take_verdict(struct plan_study *s, const struct json *object, struct err *e)
{
	const char *status = member_text(object, "status", e);

	if (!status)
		return -1;
	if (!*status || verdict_parse(status, &s->verdict))
		return 0;
	return err_set(e, ERR_INPUT, "status: '%.40s' is unknown", status);
}

static int take_counted(struct plan_study *s, const struct json *object, struct err *e)
{
	const char *from = member_text(object, "expectedFrom", e);

	if (!from)
		return -1;
	if (!*from || count_source_parse(from, &s->counted))
		return 0;
	return err_set(e, ERR_INPUT, "expectedFrom: '%.40s' is unknown", from);
}

/* Why it was skipped is a reason, all else an error; who wrote the file by hand need not know. */
static int take_why(struct plan_study *s, const struct json *object, struct err *e)
{
	const char *reason = member_text(object, "reason", e);
	const char *error = reason ? member_text(object, "error", e) : NULL;
	bool skipped = s->verdict == VERDICT_SKIPPED;

	if (!error)
		return -1;
	if (*reason && (skipped || !*error))
		s->why = mem_str(reason);
	else if (*error)
		s->why = mem_str(error);
	return 0;
}

/* "" when absent. */
static const char *uid_of(const struct json *object, const char *name, struct err *e)
{
	const char *uid = member_text(object, name, e);

	if (!uid || !*uid || uid_is_repeatable(uid))
		return uid;
	err_set(e, ERR_INPUT, "%s: '%.80s' is no UID", name, uid);
	return NULL;
}

static int take_series(struct plan_study *s, const struct json *object, struct err *e)
{
	const char *uid = uid_of(object, "seriesInstanceUID", e);

	if (!uid)
		return -1;
	s->series_uid = *uid ? mem_str(uid) : NULL;
	return 0;
}

/* An object, or a SOP Instance UID alone. */
static int take_wanted(struct wanted_list *list, const struct json *item, struct err *e)
{
	const char *series, *sop, *sop_class;

	if (json_text(item)) {
		if (!uid_is_repeatable(json_text(item)))
			return err_set(e, ERR_INPUT, "'%.80s' is no UID", json_text(item));
		wanted_add(list, "", json_text(item), "");
		return 0;
	}
	if (json_type(item) != JSON_OBJECT)
		return err_set(e, ERR_INPUT, "an object or a UID is expected");
	if (!(series = uid_of(item, "seriesInstanceUID", e)) || !(sop = uid_of(item, "sopInstanceUID", e)) ||
	    !(sop_class = uid_of(item, "sopClassUID", e)))
		return -1;
	if (!*sop)
		return err_set(e, ERR_INPUT, "sopInstanceUID is missing");
	wanted_add(list, series, sop, sop_class);
	return 0;
}

static int take_list(struct wanted_list *list, const struct json *object, const char *name, struct err *e)
{
	const struct json *items = json_get(object, name);

	if (json_type(items) != JSON_NULL && json_type(items) != JSON_ARRAY)
		return err_set(e, ERR_INPUT, "%s: a list is expected", name);
	for (size_t i = 0; i < json_count(items); i++)
		if (take_wanted(list, json_at(items, i), e) < 0)
			return err_in(e, "%s[%zu]", name, i);
	return 0;
}

/* Older files have "later" alone; by them, a study of which something was here was left out because of that. */
static int take_skip(struct plan_study *s, const struct json *object, struct err *e)
{
	const struct json *later = json_get(object, "later");
	const char *word = member_text(object, "skipped", e);

	if (!word)
		return -1;
	if (json_type(later) != JSON_NULL && json_type(later) != JSON_BOOL)
		return err_set(e, ERR_INPUT, "later: true or false is expected");
	s->skip = json_is_true(later) ? SKIP_LIMIT : SKIP_OTHER;
	if (!json_is_true(later) && s->held > 0)
		s->skip = SKIP_HELD;
	if (*word && !skip_parse(word, &s->skip))
		return err_set(e, ERR_INPUT, "skipped: '%.40s' is unknown", word);
	if (s->verdict != VERDICT_SKIPPED)
		s->skip = SKIP_NOT;
	return 0;
}

static int take_study(struct plan_study *s, struct json *object, struct err *e)
{
	if (json_type(object) != JSON_OBJECT)
		return err_set(e, ERR_INPUT, "an object is expected");
	if (study_from_json(&s->study, object, e) < 0)
		return -1;
	if (numbers_take(s, object, e) < 0 || take_verdict(s, object, e) < 0 || take_counted(s, object, e) < 0 ||
	    take_why(s, object, e) < 0 || take_series(s, object, e) < 0)
		return -1;
	return take_skip(s, object, e) < 0 || take_list(&s->only, object, "instances", e) < 0 ||
	       take_list(&s->whole, object, "instancesOf", e) < 0 || take_list(&s->missing, object, "missing", e) < 0 ? -1 : 0;
}

/* What nobody took; takes object. */
static struct json *leftover(struct json *object)
{
	if (json_count(object))
		return object;
	json_free(object);
	return NULL;
}

static int on_study(void *owner, struct json *object, struct err *e)
{
	struct plan *p = owner;
	struct plan_study *s = plan_add(p);

	if (take_study(s, object, e) < 0) {
		e->kind = ERR_INPUT;
		json_free(object);
		return err_in(e, "studies[%zu]", p->count - 1);
	}
	for (size_t i = 0; i < countof(known_members); i++)
		json_delete(object, known_members[i]);
	s->extra = leftover(object);
	return 0;
}

/* The old files know only that; the layout is what it always meant. */
static void settle_layout(struct settings *how, bool named)
{
	if (named || !how->hierarchical)
		return;
	free(how->layout);
	how->layout = mem_str(LAYOUT_PATIENT);
}

static int take_document(struct plan *p, struct json *document, struct err *e)
{
	bool layout_named = json_type(json_get(document, "layout")) != JSON_NULL;
	const char *missed;

	if (json_type(json_get(document, "studies")) != JSON_ARRAY)
		return err_set(e, ERR_INPUT, json_get(document, "studies") ? "studies: a list is expected" :
			       "it has no member \"studies\"");
	if (settings_take(&p->how, document, e) < 0)
		return -1;
	settle_layout(&p->how, layout_named);
	missed = member_text(document, "notCovered", e);
	if (!missed)
		return -1;
	if (*missed)
		plan_not_covered(p, missed);
	json_delete(document, "studies");
	json_delete(document, "notCovered");
	return 0;
}

/* As some editors leave it. */
static void skip_mark(const char **text, size_t *len)
{
	if (*len < 3 || memcmp(*text, "\xef\xbb\xbf", 3))
		return;
	*text += 3;
	*len -= 3;
}

static void skip_blank(const char **text, size_t *len)
{
	while (*len && **text && strchr(BLANKS, **text)) {
		++*text;
		--*len;
	}
}

/* The document piece by piece: one of 100,000 studies is larger than all that is kept of it. */
struct source {
	const char *text;	/* what is left of it */
	size_t len, total;
	int fd;			/* -1: all is there */
	const char *path;
	bool unread;		/* it is not the document's fault */
	char room[1 << 16];
};

static int fill(struct source *in, struct err *e)
{
	ssize_t got = 0;

	if (in->len || in->fd < 0)
		return 0;
	while ((got = read(in->fd, in->room, sizeof in->room)) < 0 && errno == EINTR)
		;
	in->unread = got < 0 || (in->total += (size_t)got) > STATE_BYTES_MAX;
	if (got < 0)
		return err_sys(e, "read %s", in->path);
	if (in->unread)
		return err_set(e, ERR_INPUT, "%s: larger than %zu bytes", in->path, STATE_BYTES_MAX);
	in->text = in->room;
	in->len = (size_t)got;
	return 0;
}

static int next_piece(void *source, const char **ret_piece, size_t *ret_len, struct err *e)
{
	struct source *in = source;

	if (fill(in, e) < 0)
		return -1;
	*ret_piece = in->text;
	*ret_len = in->len;
	in->len = 0;
	return 0;
}

static int look_at_begin(struct source *in, struct err *e)
{
	if (fill(in, e) < 0)
		return -1;
	skip_mark(&in->text, &in->len);
	for (skip_blank(&in->text, &in->len); !in->len; skip_blank(&in->text, &in->len)) {
		if (fill(in, e) < 0)
			return -1;
		if (!in->len)
			return err_set(e, ERR_INPUT, "it is empty");
	}
	return *in->text == '{' ? 0 : err_set(e, ERR_INPUT, "it does not begin with {");
}

static int parse_into(struct plan *p, struct source *in, struct err *e)
{
	struct json *document = json_read_items(next_piece, in, "studies", on_study, p, e);

	if (!document)
		return -1;
	if (take_document(p, document, e) < 0) {
		json_free(document);
		return -1;
	}
	p->extra = leftover(document);
	return 0;
}

static int parse(struct source *in, struct plan *p, struct err *e)
{
	struct plan fresh;

	if (look_at_begin(in, e) < 0)
		return -1;
	plan_init(&fresh);
	if (parse_into(&fresh, in, e) < 0) {
		plan_done(&fresh);
		return -1;
	}
	plan_done(p);
	*p = fresh;
	return 0;
}

int state_parse(const char *text, size_t len, struct plan *p, struct err *e)
{
	return parse(&(struct source){ .text = text, .len = len, .fd = -1 }, p, e);
}

int state_read(const char *path, struct plan *p, struct err *e)
{
	bool standard = !strcmp(path, "-");
	auto_close int fd = standard ? -1 : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct source in = { .fd = standard ? STDIN_FILENO : fd, .path = standard ? "standard input" : path };
	struct stat st;

	if (in.fd < 0)
		return err_sys(e, "open %s", path);
	if (!standard && !fstat(fd, &st) && !S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, "state file %s: it is no plain file", path);
	if (!standard && ownership_check(fd, path, e) < 0)
		return -1;
	if (parse(&in, p, e) == 0)
		return 0;
	return in.unread ? -1 : err_in(e, "invalid state file %s", path);
}

int state_lock(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash + 1 - path) : 0;
	auto_free char *lock = mem_printf("%.*s.%s.lock", folder, path, path + folder);
	struct stat st;
	int fd;

	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return err_set(e, ERR_USAGE, "%s is there and no plain file", path);
	fd = file_lock(lock, e);
	if (fd < 0 && e->kind == ERR_LOCKED)
		err_in(e, "another run works with %s", path);
	else if (fd < 0)
		err_in(e, "no lock can be made beside %s", path);
	else
		file_sweep_temps(path);
	return fd;
}
