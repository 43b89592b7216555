/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In the ledger each lesson is one short text: see the names of facts. */
#include "core/node/abilities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/ledger/facts.h"
#include "core/node/facts.h"
#include "wrappers/retriever.h"

#define WAYS_BYTES_MAX 16384
#define PROMPT_IN_A_ROW 3
#define SENDS_LATER "later"		/* alone, or with a number: so many in a row were prompt */

static const char *const form_names[] = { "list", "files", "alone", NULL };
static const char *const image_names[] = { "", "list", "files", "none", NULL };

void abilities_init(struct abilities *m, const struct settings *how)
{
	bool can_move = how->listen_port || how->destination[0];

	*m = (struct abilities){ .first = how->method };
	m->get = how->method != METHOD_MOVE;
	m->move = how->method != METHOD_GET && can_move;
	if (how->method == METHOD_AUTO) {
		m->first = METHOD_GET;
		m->move = how->listen_port != 0;	/* what goes to somebody else proves nothing here */
	}
	m->foreign = settings_goes_elsewhere(how);
	m->ways = map_new();
}

void abilities_done(struct abilities *m)
{
	map_free(m->ways, free);
	m->ways = NULL;
}

static int number_of(const char *word, const char *const *names)
{
	for (int i = 0; word && names[i]; i++)
		if (!strcmp(word, names[i]))
			return i;
	return 0;
}

/* ---- ways as text ---- */

static void put_way(struct abilities *m, const char *sop_class, struct way way)
{
	struct way *known = map_get(m->ways, sop_class);

	if (!known) {
		known = mem_alloc(sizeof *known);
		map_put(m->ways, sop_class, known);
	}
	*known = way;
}

static void read_way(struct abilities *m, char *text)
{
	char *word = strchr(text, '=');

	if (!word)
		return;
	*word++ = '\0';
	if (!strcmp(word, "c-move"))
		put_way(m, text, (struct way){ METHOD_MOVE, 0 });
	for (size_t i = 1; i < getscu_syntaxes_count; i++)
		if (!strcmp(word, getscu_syntaxes[i]))
			put_way(m, text, (struct way){ METHOD_GET, i });
}

static void read_ways(struct abilities *m, char *text)
{
	char *rest = NULL;

	for (char *one = text ? strtok_r(text, ";", &rest) : NULL; one; one = strtok_r(NULL, ";", &rest))
		read_way(m, one);
}

static void write_ways(const struct abilities *m, struct buf *out)
{
	const char *sop_class;
	void *value;

	for (size_t at = 0; (sop_class = map_next(m->ways, &at, &value)) && out->len < WAYS_BYTES_MAX;) {
		const struct way *way = value;

		if (way->method == METHOD_GET && !way->syntax)
			continue;
		buf_printf(out, "%s%s=%s", out->len ? ";" : "", sop_class,
			   way->method == METHOD_MOVE ? "c-move" : getscu_syntaxes[way->syntax]);
	}
}

/* ---- the ledger ---- */

void abilities_load(struct abilities *m, struct ledger *ledger, const char *node)
{
	auto_free char *studies = ledger_learned(ledger, node, FACT_STUDIES);
	auto_free char *images = ledger_learned(ledger, node, FACT_IMAGES);
	auto_free char *method = ledger_learned(ledger, node, FACT_METHOD);
	auto_free char *ways = ledger_learned(ledger, node, FACT_WAYS);
	auto_free char *sends = ledger_learned(ledger, node, FACT_SENDS);
	auto_free char *lists = ledger_learned(ledger, node, FACT_MOVE_LISTS);

	m->studies = (enum form)number_of(studies, form_names);
	m->images = (enum images)number_of(images, image_names);
	if (method && m->get && m->move)
		m->first = !strcmp(method, "c-move") ? METHOD_MOVE : METHOD_GET;
	read_ways(m, ways);
	m->queues = sends != NULL;
	m->prompt = sends && text_after(sends, SENDS_LATER " ") ? atoi(text_after(sends, SENDS_LATER " ")) : 0;
	m->move_lists = lists && !strcmp(lists, MOVE_LISTS_AS_STORED);
	m->changed = false;
}

int abilities_keep(struct abilities *m, struct ledger *ledger, const char *node, struct err *e)
{
	auto_buf struct buf ways = BUF_INIT(BUF_MB(1));
	char sends[32];

	if (!m->changed)
		return 0;
	m->changed = false;
	write_ways(m, &ways);
	snprintf(sends, sizeof sends, m->prompt ? SENDS_LATER " %d" : SENDS_LATER, m->prompt);
	if (ledger_begin(ledger, e) < 0)
		return -1;
	if (ledger_learn(ledger, node, FACT_STUDIES, m->studies ? form_names[m->studies] : NULL, e) < 0 ||
	    ledger_learn(ledger, node, FACT_IMAGES, m->images ? image_names[m->images] : NULL, e) < 0 ||
	    ledger_learn(ledger, node, FACT_WAYS, ways.len ? buf_text(&ways) : NULL, e) < 0 ||
	    ledger_learn(ledger, node, FACT_SENDS, m->queues ? sends : NULL, e) < 0 ||
	    (m->lost && ledger_learn(ledger, node, FACT_METHOD, m->get ? "c-get" : "c-move", e) < 0)) {
		ledger_rollback(ledger);
		return -1;
	}
	return ledger_commit(ledger, e);
}

/* ---- lessons ---- */

void abilities_learn_studies(struct abilities *m, enum form form)
{
	m->changed |= m->studies != form;
	m->studies = form;
}

void abilities_learn_queue(struct abilities *m)
{
	m->changed |= !m->queues || m->prompt;
	m->queues = true;
	m->prompt = 0;
}

void abilities_learn_prompt(struct abilities *m)
{
	if (!m->queues)
		return;
	m->changed = true;
	m->queues = ++m->prompt < PROMPT_IN_A_ROW;
}

void abilities_learn_images(struct abilities *m, enum images images)
{
	m->changed |= m->images != images;
	m->images = images;
}

void abilities_learn_way(struct abilities *m, const char *sop_class, struct way way)
{
	const struct way *known = abilities_way(m, sop_class);

	if (!*sop_class || strpbrk(sop_class, ";=") || (known && known->method == way.method && known->syntax == way.syntax))
		return;
	put_way(m, sop_class, way);
	m->changed = true;
}

const struct way *abilities_way(const struct abilities *m, const char *sop_class)
{
	return m->ways ? map_get(m->ways, sop_class) : NULL;
}

bool abilities_lose(struct abilities *m, enum method method)
{
	bool *lost = method == METHOD_GET ? &m->get : &m->move;

	if (!*lost)
		return m->get || m->move;
	if (!m->get || !m->move)
		return false;			/* it is the only one */
	*lost = false;
	m->first = m->get ? METHOD_GET : METHOD_MOVE;
	m->lost = m->changed = true;
	return true;
}
