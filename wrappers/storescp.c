/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/storescp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "wrappers/logconfig.h"

/* -pm +xa: any class, any syntax, as it is sent.  -dhl: no name lookup, which may take long and serves nothing here.
 * With +B an object goes to disk as it comes instead of being held in memory. */
struct command *storescp_command(const struct dcmtk *d, const char *aet, int connection_fd, const char *into)
{
	struct command *c = dcmtk_command(d, "storescp");

	command_args(c, "-id", "-pm", "+xa", "+B", "-dhl", "-aet", aet, "-od", into, NULL);
	command_may_write(c, into);
	command_chdir(c, into);
	c->stdin_fd = connection_fd;
	return c;
}

/* A title is up to 16 characters, told by the peer; the first that is not empty stays. */
static void note_title(char title[17], const char *text, size_t len)
{
	if (title[0])
		return;
	while (len && *text == ' ')
		text++, len--;
	snprintf(title, 17, "%.*s", (int)(len < 16 ? len : 16), text);
	log_clean(title);
	for (len = strlen(title); len && title[len - 1] == ' '; len--)
		title[len - 1] = '\0';
}

static void note_trouble(struct storescp_reading *r, const char *text)
{
	if (r->trouble[0])
		return;
	snprintf(r->trouble, sizeof r->trouble, "%s", text);
	log_clean(r->trouble);
}

void storescp_line(struct storescp_reading *r, const char *line, size_t len)
{
	auto_free char *copy = mem_strn(line, len);
	const char *text = copy, *rest;
	enum severity level = logconfig_level(&text);

	if (level == SEVERITY_NONE)
		return;
	if (level >= SEVERITY_ERROR)
		note_trouble(r, text);
	else if ((rest = text_after(text, "Calling Application Name:")))
		note_title(r->calling, rest, strlen(rest));
	else if ((rest = text_after(text, "Called Application Name:")))
		note_title(r->called, rest, strlen(rest));
	else if (text_after(text, "Received Store Request"))
		r->stored++;
	else if (text_after(text, "Association Aborted"))
		r->aborted = true;
}

static void hear(void *owner, const char *text, size_t len)
{
	storescp_line(owner, text, len);
}

int storescp_read_log(struct storescp_reading *r, const char *into, struct err *e)
{
	auto_free char *path = file_join(into, STORESCP_LOG);
	auto_buf struct buf text = BUF_INIT(BUF_MB(64));
	struct lines lines;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (file_read(path, &text, e) < 0)
		return -1;
	lines_init(&lines, 4096);
	lines_feed(&lines, buf_text(&text), text.len, hear, r);
	lines_end(&lines, hear, r);
	lines_done(&lines);
	return 0;
}

const char *storescp_sop_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dot = strchr(slash ? slash : path, '.');

	return dot && dot[1] ? dot + 1 : NULL;
}
