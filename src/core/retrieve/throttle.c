/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many associations at once, lists included.  A refusal for now halves them and sets a ceiling below the number that was
 * refused; successes raise them by one, and many at the ceiling raise that.  After too many failures in a row the breaker
 * opens: a pause, an echo, one request alone, then on. */
#include <stdio.h>
#include <stdlib.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/retrieve/run_p.h"
#include "wrappers/echoscu.h"

#define RAISE_AFTER 2			/* successes */
#define PROBE_AFTER 25			/* successes at the ceiling */
#define BREAKER_FAILURES 5
#define BREAKER_WAITS 6			/* the first pause, in retry waits; doubled each time */
#define BREAKER_TRIES 3
#define LEARNED "width"

void width_begin(struct run *run)
{
	struct width *w = &run->width;
	auto_free char *known = ledger_learned(run->session->ledger, run->node, LEARNED);
	long long learned = known ? strtoll(known, NULL, 10) : 0;

	w->most = run->how->parallel + (run->how->parallel > 1 ? 2 : 1);		/* lists beside the retrievals */
	w->now = w->ceiling = learned > 0 && learned < w->most ? learned : w->most;
}

void width_end(struct run *run)
{
	struct width *w = &run->width;
	auto_free char *known = ledger_learned(run->session->ledger, run->node, LEARNED);
	long long learned = known ? strtoll(known, NULL, 10) : 0;
	struct err e = { ERR_NONE, "" };
	char text[24];

	snprintf(text, sizeof text, "%lld", w->ceiling);
	if (w->ceiling < w->most ? w->ceiling != learned : learned && learned < w->most)
		if (ledger_learn(run->session->ledger, run->node, LEARNED, w->ceiling < w->most ? text : NULL, &e) < 0)
			log_error("%s", e.text);
	if (w->echo)
		child_stop(w->echo, true);
}

size_t width_used(const struct run *run)
{
	return attempts_busy(run) + objects_running(run->lister);
}

bool width_room(const struct run *run)
{
	return width_used(run) < (size_t)(run->width.alone ? 1 : run->width.now);
}

/* ---- the breaker ---- */

static void open_breaker(struct run *run, const struct err *why)
{
	struct width *w = &run->width;
	int64_t ms = run->how->retry_wait_s * 1000 * BREAKER_WAITS << w->waits;

	if (w->waits++ >= BREAKER_TRIES) {
		run_fail(run, why);
		return;
	}
	w->closed_until = clock_ms() + ms;
	w->ask_first = true;
	log_warning("%d failures in a row: nothing is asked for %lld s (%s)", w->failures, (long long)ms / 1000, why->text);
}

static void echo_line(void *owner, enum stream from, const char *text, size_t len)
{
	struct run *run = owner;

	(void)from;
	dcmtk_line(&run->width.said, text, len);
}

static void echo_done(void *owner, const struct child_result *result)
{
	struct run *run = owner;
	struct err e = { ERR_NONE, "" };

	(void)result;
	run->width.echo = NULL;
	if (dcmtk_verdict(&run->width.said, NULL, &run->how->peer, NULL, 0, &e) < 0 && err_transient(e.kind)) {
		if (!run_ending(run))
			open_breaker(run, &e);
	} else {
		run->width.failures = run->width.waits = 0;		/* it is there */
		run->width.alone = true;
	}
	dcmtk_reading_done(&run->width.said);
}

static bool start_echo(struct run *run)
{
	static const struct child_hooks hooks = { echo_line, echo_done };
	struct err e = { ERR_NONE, "" };

	dcmtk_reading_init(&run->width.said, SERVICE_ECHO);
	run->width.echo = child_start(run->session->loop, echoscu_command(&run->session->dcmtk, &run->how->peer), NULL, &hooks, run, &e);
	if (!run->width.echo)
		dcmtk_reading_done(&run->width.said);
	return run->width.echo != NULL;
}

bool width_open(struct run *run)
{
	struct width *w = &run->width;

	if (w->echo || w->closed_until > clock_ms())
		return false;
	if (!w->ask_first)
		return true;
	if (width_used(run))
		return false;
	w->ask_first = false;
	return !start_echo(run);
}

static void count_failure(struct run *run, const struct err *why)
{
	struct width *w = &run->width;

	if (!err_transient(why->kind) || why->kind == ERR_ABORTED || run_ending(run))
		return;
	if (++w->failures > BREAKER_FAILURES && w->closed_until <= clock_ms())
		open_breaker(run, why);
}

/* ---- the width ---- */

static void raise_width(struct width *w)
{
	w->successes++;
	if (w->now < w->ceiling && w->successes >= RAISE_AFTER) {
		w->now++;
		w->successes = 0;
	} else if (w->now == w->ceiling && w->ceiling < w->most && w->successes >= PROBE_AFTER) {
		w->ceiling = ++w->now;
		w->successes = 0;
	}
}

/* Those that were on their way when it was narrowed say nothing new. */
static void narrow(struct width *w, int64_t started_ms, size_t company)
{
	if (company < 2 || started_ms < w->narrowed_ms)
		return;
	if ((long long)company - 1 < w->ceiling)
		w->ceiling = (long long)company - 1;
	w->now = (w->now + 1) / 2 < w->ceiling ? (w->now + 1) / 2 : w->ceiling;
	w->successes = 0;
	w->narrowed_ms = clock_ms();
	log_verbose("the PACS refuses more than %lld associations at once: %lld from now on", w->ceiling, w->now);
}

void width_heard(struct run *run, const struct err *why, bool answered, bool gained, int64_t started_ms, size_t company)
{
	struct width *w = &run->width;

	w->alone = false;
	if (!why->kind || gained) {
		w->failures = w->waits = 0;
		raise_width(w);
	} else if (why->kind == ERR_BUSY && !answered && company > 1) {
		narrow(w, started_ms, company);
	} else {
		count_failure(run, why);
	}
}
