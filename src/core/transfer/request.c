/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/transfer/request.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "dicom/query.h"
#include "dicom/tag.h"

/* Where the files go, and what for. */
struct request_writer {
	struct request_files *files;
	struct session *session;
	const struct settings *how;
	const struct request_batch *batch;
};

static void add_list(struct query *q, uint32_t tag, const char *const *uids, size_t count)
{
	auto_buf struct buf list = BUF_INIT(BUF_MB(1));

	for (size_t i = 0; i < count; i++)
		buf_printf(&list, "%s%s", i ? "\\" : "", uids[i]);
	dataset_text(&q->keys, tag, buf_text(&list));
}

static const char *study_of(const struct retrieval *r)
{
	return study_get(&r->in->study, STUDY_UID);	/* as the PACS gave it, padding included */
}

/* Takes the contents of q. */
static int write_query(const struct request_writer *w, struct query *q, struct retrieval *const *of, size_t count, struct err *e)
{
	struct request_files *files = w->files;
	auto_free char *name = mem_printf("request-%u.dcm", ++w->session->serial);
	auto_buf struct buf bytes = BUF_INIT(BUF_MB(4));
	const char **uids = mem_alloc(count * sizeof *uids);
	int failed;

	for (size_t i = 0; i < count; i++)
		uids[i] = study_of(of[i]);
	query_set_study(q, w->how->peer.model, study_get(&of[0]->in->study, STUDY_PATIENT_ID), "");
	add_list(q, TAG_StudyInstanceUID, uids, count);
	free(uids);
	failed = query_encode(q, w->how->peer.charset, &bytes, e);
	query_done(q);
	if (failed < 0)
		return -1;
	mem_grow(files->paths, files->count, files->room);
	files->paths[files->count] = file_join(files->folder, name);
	return file_replace(files->paths[files->count++], bytes.data, bytes.len, e);
}

/* One file for all studies, or one for each. */
static int write_studies(const struct request_writer *w, struct err *e)
{
	bool each = w->batch->request.form == FORM_FILES;
	size_t step = each ? 1 : w->batch->count;

	for (size_t i = 0; i < w->batch->count; i += step) {
		struct query q;

		query_init(&q, w->batch->request.grain == GRAIN_SERIES ? LEVEL_SERIES : LEVEL_STUDY);
		if (w->batch->request.grain == GRAIN_SERIES)
			dataset_text(&q.keys, TAG_SeriesInstanceUID, w->batch->studies[i]->in->series_uid);
		if (write_query(w, &q, w->batch->studies + i, step, e) < 0)
			return -1;
	}
	return 0;
}

static int write_series(const struct request_writer *w, struct err *e)
{
	const char *uids[QUERY_LIST_UIDS_MAX];
	size_t count = retrieval_series(w->batch->studies[0], uids, countof(uids));

	for (size_t i = 0; i < count; i++) {
		struct query q;

		query_init(&q, LEVEL_SERIES);
		dataset_text(&q.keys, TAG_SeriesInstanceUID, uids[i]);
		if (write_query(w, &q, w->batch->studies, 1, e) < 0)
			return -1;
	}
	return 0;
}

static int write_instances(const struct request_writer *w, struct err *e)
{
	const char *series;
	size_t step;

	w->files->named = retrieval_block(w->batch->studies[0], &w->batch->request, w->files->sops, countof(w->files->sops), &series);
	step = w->batch->request.form == FORM_FILES ? 1 : w->files->named;
	for (size_t i = 0; i < w->files->named; i += step) {
		struct query q;

		query_init(&q, LEVEL_IMAGE);
		if (series && *series)
			dataset_text(&q.keys, TAG_SeriesInstanceUID, series);
		add_list(&q, TAG_SOPInstanceUID, w->files->sops + i, step);
		if (write_query(w, &q, w->batch->studies, 1, e) < 0)
			return -1;
	}
	return 0;
}

static int write_queries(const struct request_writer *w, struct err *e)
{
	if (w->batch->request.grain == GRAIN_INSTANCES)
		return write_instances(w, e);
	if (w->batch->request.grain == GRAIN_SERIES && !w->batch->studies[0]->in->series_uid)
		return write_series(w, e);
	return write_studies(w, e);
}

int request_files_write(struct request_files *files, struct session *s, const struct settings *how, const struct request_batch *batch,
			struct err *e)
{
	const struct request_writer writer = { files, s, how, batch };

	files->folder = session_folder(s, "ask", e);
	return files->folder ? write_queries(&writer, e) : -1;
}

void request_files_done(struct request_files *files)
{
	struct err ignored = { ERR_NONE, "" };

	if (files->folder)
		file_remove_tree(files->folder, &ignored);
	for (size_t i = 0; i < files->count; i++)
		free(files->paths[i]);
	free(files->paths);
	free(files->folder);
}
