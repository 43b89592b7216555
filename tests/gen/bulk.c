/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bulk: writes many valid DICOM files quickly, for benchmarks and for tests at scale.
 *
 *	bulk DIR --studies N --series M --images K --size BYTES
 *	         [--modality CT|MR|CR|PT|OT] [--prefix UIDROOT] [--date YYYYMMDD] [--spread] [--patients P] [--holes]
 *
 * N studies of M series of K images each, named STUDY-SERIES-IMAGE.dcm: Part 10, Explicit VR Little Endian, 16 bit
 * monochrome, pixel data of about BYTES; with --holes they are zeros that take no room on the disk.  The same arguments always give the same files.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define UID_ROOT "1.2.826.0.1.3680043.10.1338"
#define NOISE_SHIFTS 2048		/* images start at this many different places of the same noise */

struct bytes {
	uint8_t at[4096];		/* everything before the pixels; some 1,300 bytes in practice */
	size_t len;
};

struct wanted {
	unsigned studies, series, images, patients;
	size_t size;
	const char *prefix, *date;
	const struct kind *kind;
	bool spread, holes;
	unsigned rows, columns;
};

static const struct kind {
	const char *modality, *sop_class, *image_type;
} kinds[] = {
	{ "CT", "1.2.840.10008.5.1.4.1.1.2",	 "ORIGINAL\\PRIMARY\\AXIAL" },
	{ "MR", "1.2.840.10008.5.1.4.1.1.4",	 "ORIGINAL\\PRIMARY\\M" },
	{ "CR", "1.2.840.10008.5.1.4.1.1.1",	 "ORIGINAL\\PRIMARY" },
	{ "PT", "1.2.840.10008.5.1.4.1.1.128", "ORIGINAL\\PRIMARY" },
	{ "OT", "1.2.840.10008.5.1.4.1.1.7",	 "DERIVED\\SECONDARY" },
};

static _Noreturn void die(const char *what, const char *name)
{
	fprintf(stderr, "bulk: %s: %s\n", name, what);
	exit(1);
}

static _Noreturn void usage(void)
{
	fputs("usage: bulk DIR --studies N --series M --images K --size BYTES [--modality CT|MR|CR|PT|OT]\n"
	      "            [--prefix UIDROOT] [--date YYYYMMDD] [--spread] [--patients P] [--holes]\n", stderr);
	exit(2);
}

static void put(struct bytes *b, const void *from, size_t len)
{
	if (b->len + len > sizeof b->at)
		die("header too long", "internal");
	memcpy(b->at + b->len, from, len);
	b->len += len;
}

static void put_u16(struct bytes *b, size_t v)
{
	put(b, (uint8_t[]){ v & 255, v >> 8 & 255 }, 2);
}

static void put_u32(struct bytes *b, size_t v)
{
	put_u16(b, v & 0xffff);
	put_u16(b, v >> 16 & 0xffff);
}

static void put_tag(struct bytes *b, uint32_t tag, const char *vr)
{
	put_u16(b, tag >> 16);
	put_u16(b, tag & 0xffff);
	put(b, vr, 2);
}

static void put_text(struct bytes *b, uint32_t tag, const char *vr, const char *text)
{
	size_t len = strlen(text);

	put_tag(b, tag, vr);
	put_u16(b, len + (len & 1));
	put(b, text, len);
	if (len & 1)
		put(b, strcmp(vr, "UI") ? " " : "\0", 1);
}

static void put_number(struct bytes *b, uint32_t tag, const char *vr, unsigned n)
{
	char text[16];

	snprintf(text, sizeof text, "%u", n);
	put_text(b, tag, vr, text);
}

static void put_us(struct bytes *b, uint32_t tag, unsigned n)
{
	put_tag(b, tag, "US");
	put_u16(b, 2);
	put_u16(b, n);
}

static void put_meta(struct bytes *b, const char *sop_class, const char *uid)
{
	struct bytes meta = { .len = 0 };

	put_tag(&meta, 0x00020001, "OB");
	put(&meta, "\0\0\2\0\0\0\0\1", 8);
	put_text(&meta, 0x00020002, "UI", sop_class);
	put_text(&meta, 0x00020003, "UI", uid);
	put_text(&meta, 0x00020010, "UI", "1.2.840.10008.1.2.1");
	put_text(&meta, 0x00020012, "UI", UID_ROOT ".1");
	put_text(&meta, 0x00020013, "SH", "DICOM_QR_BULK");

	memset(b->at, 0, 128);
	b->len = 128;
	put(b, "DICM", 4);
	put_tag(b, 0x00020000, "UL");
	put_u16(b, 4);
	put_u32(b, meta.len);
	put(b, meta.at, meta.len);
}

/* YYYYMMDD, days later. */
static void later_date(char out[9], const char *date, unsigned days)
{
	static const unsigned length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned packed = (unsigned)strtoul(date, NULL, 10);
	unsigned y = packed / 10000 % 10000, m = packed / 100 % 100, d = packed % 100;

	for (; days; days--) {
		bool leap = (y % 4 == 0 && y % 100) || y % 400 == 0;

		if (++d > length[m - 1] + (m == 2 && leap)) {
			d = 1;
			y += m == 12;
			m = m % 12 + 1;
		}
	}
	snprintf(out, 9, "%04u%02u%02u", y % 10000, m % 100, d % 100);
}

static void put_header(struct bytes *b, const struct wanted *w, unsigned study, unsigned series, unsigned image)
{
	unsigned patient = study % w->patients;
	char uid[128], study_uid[128], series_uid[128], frame_uid[128], text[64], date[9], when[16];

	snprintf(study_uid, sizeof study_uid, "%s.2.%u", w->prefix, study + 1);
	snprintf(series_uid, sizeof series_uid, "%s.3.%u.%u", w->prefix, study + 1, series + 1);
	snprintf(uid, sizeof uid, "%s.4.%u.%u.%u", w->prefix, study + 1, series + 1, image + 1);
	snprintf(frame_uid, sizeof frame_uid, "%s.5.%u", w->prefix, study + 1);
	if (strlen(uid) > 64)
		die("UIDs would be longer than 64 characters", w->prefix);
	later_date(date, w->date, w->spread ? study % 28 : 0);
	snprintf(when, sizeof when, "%02u%02u%02u", 7 + study / 3600 % 12, study / 60 % 60, study % 60);

	put_meta(b, w->kind->sop_class, uid);
	put_text(b, 0x00080005, "CS", "ISO_IR 100");
	put_text(b, 0x00080008, "CS", w->kind->image_type);
	put_text(b, 0x00080016, "UI", w->kind->sop_class);
	put_text(b, 0x00080018, "UI", uid);
	put_text(b, 0x00080020, "DA", date);
	put_text(b, 0x00080021, "DA", date);
	put_text(b, 0x00080023, "DA", date);
	put_text(b, 0x00080030, "TM", when);
	put_text(b, 0x00080031, "TM", when);
	put_text(b, 0x00080033, "TM", when);
	snprintf(text, sizeof text, "BULK%06u", study + 1);
	put_text(b, 0x00080050, "SH", text);
	put_text(b, 0x00080060, "CS", w->kind->modality);
	if (!strcmp(w->kind->modality, "OT"))
		put_text(b, 0x00080064, "CS", "WSD");
	put_text(b, 0x00080070, "LO", "dicom-qr");
	put_text(b, 0x00080080, "LO", "Bulk Hospital");
	put_text(b, 0x00080090, "PN", "");
	put_text(b, 0x00081010, "SH", "BULK1");
	snprintf(text, sizeof text, "Bulk study %u", study + 1);
	put_text(b, 0x00081030, "LO", text);
	snprintf(text, sizeof text, "Series %u of study %u", series + 1, study + 1);
	put_text(b, 0x0008103e, "LO", text);
	snprintf(text, sizeof text, "Bulk^Patient %u", patient + 1);
	put_text(b, 0x00100010, "PN", text);
	snprintf(text, sizeof text, "BULK-%05u", patient + 1);
	put_text(b, 0x00100020, "LO", text);
	put_text(b, 0x00100030, "DA", "19700101");
	put_text(b, 0x00100040, "CS", patient & 1 ? "F" : "M");
	put_text(b, 0x00180050, "DS", "1.0");
	put_text(b, 0x00180060, "DS", "");
	put_text(b, 0x00185100, "CS", "HFS");
	put_text(b, 0x0020000d, "UI", study_uid);
	put_text(b, 0x0020000e, "UI", series_uid);
	snprintf(text, sizeof text, "S%u", study + 1);
	put_text(b, 0x00200010, "SH", text);
	put_number(b, 0x00200011, "IS", series + 1);
	put_text(b, 0x00200012, "IS", "");
	put_number(b, 0x00200013, "IS", image + 1);
	snprintf(text, sizeof text, "0\\0\\%u", image);
	put_text(b, 0x00200032, "DS", text);
	put_text(b, 0x00200037, "DS", "1\\0\\0\\0\\1\\0");
	put_text(b, 0x00200052, "UI", frame_uid);
	put_text(b, 0x00201040, "LO", "");
	put_us(b, 0x00280002, 1);
	put_text(b, 0x00280004, "CS", "MONOCHROME2");
	put_us(b, 0x00280010, w->rows);
	put_us(b, 0x00280011, w->columns);
	put_text(b, 0x00280030, "DS", "1\\1");
	put_us(b, 0x00280100, 16);
	put_us(b, 0x00280101, 16);
	put_us(b, 0x00280102, 15);
	put_us(b, 0x00280103, 0);
	put_text(b, 0x00281052, "DS", "0");
	put_text(b, 0x00281053, "DS", "1");
	put_tag(b, 0x7fe00010, "OW");
	put_u16(b, 0);
	put_u32(b, 2 * (size_t)w->rows * w->columns);
}

/* Rows and columns close to a square whose 16 bit pixels take size bytes, or a few less. */
static void choose_shape(struct wanted *w)
{
	size_t pixels = w->size / 2 ? w->size / 2 : 1, side = 1;

	while ((side + 1) * (side + 1) <= pixels)
		side++;
	if (pixels / side > 65535 || side > 65535)
		die("too large for one image", "--size");
	w->columns = (unsigned)side;
	w->rows = (unsigned)(pixels / side);
}

static uint8_t *make_noise(size_t len)
{
	uint8_t *noise = malloc(len);
	uint32_t x = 1338;

	if (!noise)
		die("out of memory", "--size");
	for (size_t i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		noise[i] = (uint8_t)(x >> 24);
	}
	return noise;
}

static void write_all(int fd, struct iovec *v, int count, const char *name)
{
	while (count) {
		ssize_t n = writev(fd, v, count);

		if (n < 0)
			die(strerror(errno), name);
		for (; count && (size_t)n >= v->iov_len; v++, count--)
			n -= (ssize_t)v->iov_len;
		if (count) {
			v->iov_base = (char *)v->iov_base + n;
			v->iov_len -= (size_t)n;
		}
	}
}

static void write_image(const struct wanted *w, uint8_t *noise, unsigned study, unsigned series, unsigned image)
{
	struct bytes header;
	struct iovec v[2];
	char name[64];
	int fd;

	snprintf(name, sizeof name, "%04u-%02u-%04u.dcm", study + 1, series + 1, image + 1);
	put_header(&header, w, study, series, image);
	v[0] = (struct iovec){ header.at, header.len };
	v[1] = (struct iovec){ noise + image % NOISE_SHIFTS * 2, 2 * (size_t)w->rows * w->columns };

	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		die(strerror(errno), name);
	write_all(fd, v, w->holes ? 1 : 2, name);
	if (w->holes && ftruncate(fd, (off_t)(v[1].iov_len + header.len)) < 0)
		die(strerror(errno), name);
	if (close(fd) < 0)
		die(strerror(errno), name);
}

static size_t number(const char *text, size_t low, size_t high)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n < low || n > high)
		usage();
	return (size_t)n;
}

static const struct kind *kind_of(const char *modality)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kinds[i].modality, modality))
			return &kinds[i];
	usage();
}

static void check_date(const char *date)
{
	unsigned packed = (unsigned)number(date, 10101, 99991231);

	if (strlen(date) != 8 || packed / 100 % 100 - 1 > 11 || packed % 100 - 1 > 30)
		usage();
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "studies", 1, NULL, 'n' }, { "series", 1, NULL, 'm' }, { "images", 1, NULL, 'k' },
		{ "size", 1, NULL, 's' }, { "modality", 1, NULL, 'M' }, { "prefix", 1, NULL, 'p' },
		{ "date", 1, NULL, 'd' }, { "spread", 0, NULL, 'S' }, { "patients", 1, NULL, 'P' },
		{ "holes", 0, NULL, 'H' }, { 0 },
	};
	struct wanted w = { .prefix = UID_ROOT ".9", .date = "20240101", .kind = kinds };
	uint8_t *noise;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'n': w.studies = (unsigned)number(optarg, 1, 1000000); break;
		case 'm': w.series = (unsigned)number(optarg, 1, 100000); break;
		case 'k': w.images = (unsigned)number(optarg, 1, 1000000); break;
		case 's': w.size = number(optarg, 1, 1u << 31); break;
		case 'M': w.kind = kind_of(optarg); break;
		case 'p': w.prefix = optarg; break;
		case 'd': w.date = optarg; check_date(optarg); break;
		case 'S': w.spread = true; break;
		case 'H': w.holes = true; break;
		case 'P': w.patients = (unsigned)number(optarg, 1, 1000000); break;
		default: usage();
		}
	}
	if (optind + 1 != argc || !w.studies || !w.series || !w.images || !w.size)
		usage();
	if (!w.patients)
		w.patients = (w.studies + 1) / 2;
	choose_shape(&w);
	noise = make_noise((w.holes ? 0 : 2 * (size_t)w.rows * w.columns) + 2 * NOISE_SHIFTS);

	if (mkdir(argv[optind], 0777) < 0 && errno != EEXIST)
		die(strerror(errno), argv[optind]);
	if (chdir(argv[optind]) < 0)
		die(strerror(errno), argv[optind]);
	for (unsigned i = 0; i < w.studies; i++)
		for (unsigned j = 0; j < w.series; j++)
			for (unsigned k = 0; k < w.images; k++)
				write_image(&w, noise, i, j, k);
	free(noise);
	return 0;
}
