/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Standard output and error arrive in any order to each other, so files are held until both have ended. */
#include "wrappers/dcmdump.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "dicom/tag.h"

struct dcmdump_held {
	char *path;
	struct dataset set;
};

int dcmdump_write_dictionary(const char *path, struct err *e)
{
	/* Of commands and responses (PS3.7 E): a tool that talks cannot build one without them. */
	static const char commands[] =
		"(0000,0000)\tUL\tCommandGroupLength\t1\tDICOM\n(0000,0002)\tUI\tAffectedSOPClassUID\t1\tDICOM\n"
		"(0000,0003)\tUI\tRequestedSOPClassUID\t1\tDICOM\n(0000,0100)\tUS\tCommandField\t1\tDICOM\n"
		"(0000,0110)\tUS\tMessageID\t1\tDICOM\n(0000,0120)\tUS\tMessageIDBeingRespondedTo\t1\tDICOM\n"
		"(0000,0600)\tAE\tMoveDestination\t1\tDICOM\n(0000,0700)\tUS\tPriority\t1\tDICOM\n"
		"(0000,0800)\tUS\tCommandDataSetType\t1\tDICOM\n(0000,0900)\tUS\tStatus\t1\tDICOM\n"
		"(0000,0901)\tAT\tOffendingElement\t1-n\tDICOM\n(0000,0902)\tLO\tErrorComment\t1\tDICOM\n"
		"(0000,0903)\tUS\tErrorID\t1\tDICOM\n(0000,1000)\tUI\tAffectedSOPInstanceUID\t1\tDICOM\n"
		"(0000,1001)\tUI\tRequestedSOPInstanceUID\t1\tDICOM\n(0000,1002)\tUS\tEventTypeID\t1\tDICOM\n"
		"(0000,1005)\tAT\tAttributeIdentifierList\t1-n\tDICOM\n(0000,1008)\tUS\tActionTypeID\t1\tDICOM\n"
		"(0000,1020)\tUS\tNumberOfRemainingSuboperations\t1\tDICOM\n"
		"(0000,1021)\tUS\tNumberOfCompletedSuboperations\t1\tDICOM\n"
		"(0000,1022)\tUS\tNumberOfFailedSuboperations\t1\tDICOM\n"
		"(0000,1023)\tUS\tNumberOfWarningSuboperations\t1\tDICOM\n"
		"(0000,1030)\tAE\tMoveOriginatorApplicationEntityTitle\t1\tDICOM\n"
		"(0000,1031)\tUS\tMoveOriginatorMessageID\t1\tDICOM\n"
		/* findscu writes it into each answer, which without it is no file as the standard has it (dicom/part10) */
		"(0002,0001)\tOB\tFileMetaInformationVersion\t1\tDICOM\n";
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));
	size_t count;
	const struct tag_info *all = tag_all(&count);

	buf_str(&text, commands);
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "(%04x,%04x)\t%s\t%s\t1-n\tDICOM\n", all[i].tag >> 16, all[i].tag & 0xffff, all[i].vr,
			   all[i].keyword);
	return file_replace(path, buf_text(&text), text.len, e);
}

/* What is asked for by number alone, or everything, takes DCMTK's own dictionary. */
static bool are_named(const uint32_t *tags, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!tag_info(tags[i]))
			return false;
	return count;
}

/* +L whole values, -Un no names for UIDs, +Qn pure ASCII, -M nothing over 4 KB loaded; +p the prefix that shows what stands
 * in a sequence, which dcmdump refuses unless it searches (+P): a whole dump shows that by indenting.  Errors carry the
 * reasons; warnings would be many.  Stopping early (+sb) hides truncation. */
struct command *dcmdump_command(const struct dcmtk *d, const char *list_path, const uint32_t *tags, size_t count, bool whole)
{
	struct command *c = dcmtk_plain_command(d, "dcmdump");
	uint32_t last = 0;

	command_deaf(c);		/* a good file is not damaged because its reader was ended */
	if (are_named(tags, count))
		dcmtk_dictionary(c, d);
	command_may_read(c, list_path);
	command_args(c, "-ll", "error", "-M", "+L", "-Un", "+Qn", "+F", NULL);
	if (count)
		command_arg(c, "+p");
	for (size_t i = 0; i < count; i++) {
		command_arg(c, "+P");
		command_argf(c, "%04x,%04x", tags[i] >> 16, tags[i] & 0xffff);
		if (tags[i] > last)
			last = tags[i];
	}
	if (!whole && count && last < UINT32_MAX) {
		command_arg(c, "+sb");
		command_argf(c, "%04x,%04x", (last + 1) >> 16, (last + 1) & 0xffff);
	}
	command_argf(c, "@%s", list_path);
	return c;
}

void dcmdump_reading_init(struct dcmdump_reading *r, dcmdump_file_fn *file, void *owner)
{
	*r = (struct dcmdump_reading){ .file = file, .owner = owner };
	dataset_init(&r->set);
	buf_init(&r->room, BUF_MB(1));
	r->damaged = map_new();
}

void dcmdump_reading_done(struct dcmdump_reading *r)
{
	for (size_t i = 0; i < r->held_count; i++) {
		dataset_done(&r->held[i].set);
		free(r->held[i].path);
	}
	free(r->held);
	dataset_done(&r->set);
	free(r->path);
	buf_done(&r->room);
	free(r->detail);
	map_free(r->damaged, free);
	*r = (struct dcmdump_reading){ 0 };
}

/* The file being read is over: its elements move to the held ones. */
static void end_file(struct dcmdump_reading *r)
{
	if (!r->path)
		return;
	mem_grow(r->held, r->held_count, r->held_room);
	r->held[r->held_count++] = (struct dcmdump_held){ r->path, r->set };
	r->path = NULL;
	dataset_init(&r->set);
}

static void read_header(struct dcmdump_reading *r, const char *text, size_t len)
{
	auto_free char *line = mem_strn(text, len);
	const char *path = dump_header(line);

	if (!path)
		return;
	end_file(r);
	r->path = mem_str(path);
}

/* "E: dcmdump: Invalid stream: reading file: /path"; what precedes it says where in the file:
 * "E: DcmElement: PixelData (7fe0,0010) larger (4096) than remaining bytes (3096) in file, premature end of stream". */
static void read_error(struct dcmdump_reading *r, const char *text, size_t len)
{
	static const char mark[] = ": reading file: ";
	auto_free char *line = mem_strn(text, len);
	char *at, *words;

	if (strncmp(line, "E: ", 3) != 0)
		return;
	at = strstr(line, mark);
	if (strncmp(line, "E: dcmdump: ", 12) != 0 || !at) {
		free(r->detail);
		r->detail = mem_strn(line + 3, strnlen(line + 3, 200));
		return;
	}
	*at = '\0';
	words = r->detail ? mem_printf("%.100s (%s)", line + 12, r->detail) : mem_printf("%.100s", line + 12);
	free(r->detail);
	r->detail = NULL;
	free(map_remove(r->damaged, at + strlen(mark)));
	map_put(r->damaged, at + strlen(mark), log_clean(words));
}

/* What the tool that wrote the file said about it; of this only the transfer syntax is about the data, and the name tells as what
 * the object was sent. */
static bool is_invented(uint32_t tag)
{
	return tag >> 16 == 2 && tag != TAG_TransferSyntaxUID && tag != TAG_MediaStorageSOPInstanceUID;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "31\\2e\\32" -> "1.2" */
static bool read_bytes(const char *text, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i += 3) {
		int high = hex_digit(text[i]), low = i + 1 < len ? hex_digit(text[i + 1]) : -1;

		if (high < 0 || low < 0 || (i + 2 < len && text[i + 2] != '\\'))
			return false;
		buf_char(out, (char)(high * 16 + low));
	}
	return !out->over;
}

/* A VR whose values are text. */
static bool is_text(const char *vr)
{
	static const char all[] = "AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT ";

	for (const char *at = all; *at; at += 3)
		if (!memcmp(at, vr, 2))
			return true;
	return false;
}

/* Writers that do not know an attribute give it the VR UN, and dcmdump shows its bytes. */
static void put_element(struct dataset *set, const struct dump_line *d)
{
	const struct tag_info *known = strcmp(d->vr, "UN") ? NULL : tag_info(d->tag);
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));

	if (known && is_text(known->vr) && read_bytes(d->value, d->len, &text))
		dataset_put(set, d->tag, known->vr, buf_text(&text), text.len);
	else
		dataset_put(set, d->tag, d->vr, d->value, d->len);
}

void dcmdump_line(struct dcmdump_reading *r, bool is_stderr, const char *text, size_t len)
{
	struct dump_line d;

	if (is_stderr)
		read_error(r, text, len);
	else if (len && *text == '#')
		read_header(r, text, len);
	else if (len && *text == '(' && r->path && dump_line_parse(&d, text, len, &r->room) && !d.nested && !is_invented(d.tag))
		put_element(&r->set, &d);
}

void dcmdump_end(struct dcmdump_reading *r)
{
	end_file(r);
	for (size_t i = 0; i < r->held_count; i++) {
		struct dcmdump_held *h = &r->held[i];

		r->file(r->owner, h->path, &h->set, map_get(r->damaged, h->path));
		dataset_done(&h->set);
		free(h->path);
	}
	r->held_count = 0;
}
