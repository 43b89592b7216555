/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files are whole is read from their times alone: a tool writes one object at a time on an association, so every file
 * but the latest touched is finished (ties count as latest). */
#include "core/intake/arrivals.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"

struct entry {
	char *name;
	int64_t bytes, touched_ns;
};

struct entries {
	struct entry *items;
	size_t count, room;
	int64_t latest_ns;
};

static void look(const char *folder, struct entries *all)
{
	DIR *dir = opendir(folder);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		struct stat st;
		int64_t ns;

		if (d->d_name[0] == '.')		/* no object has such a name; storescp keeps its log so */
			continue;
		if (fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		mem_grow(all->items, all->count, all->room);
		ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
		all->items[all->count++] = (struct entry){ mem_str(d->d_name), st.st_size, ns };
		if (ns > all->latest_ns)
			all->latest_ns = ns;
	}
	if (dir)
		closedir(dir);
}

void arrivals_init(struct arrivals *in, char *folder)
{
	memset(in, 0, sizeof *in);
	in->folder = folder;
}

static int by_time(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->touched_ns > y->touched_ns) - (x->touched_ns < y->touched_ns);
}

void arrivals_scan(struct arrivals *in, bool over, arrivals_file_fn *file, void *owner)
{
	struct entries all = { NULL, 0, 0, 0 };
	int64_t lying = 0;
	int left = 0;

	look(in->folder, &all);
	if (all.count)
		qsort(all.items, all.count, sizeof *all.items, by_time);
	for (size_t i = 0; i < all.count; i++) {
		struct entry *entry = &all.items[i];
		bool latest = entry->touched_ns == all.latest_ns;

		if (over || !latest) {
			auto_free char *path = file_join(in->folder, entry->name);

			in->taken_bytes += entry->bytes;
			in->taken++;
			file(owner, path, entry->bytes, over && latest);
		} else {
			lying += entry->bytes;
			left++;
		}
		free(entry->name);
	}
	free(all.items);
	in->seen_bytes = in->taken_bytes + lying;
	in->lying = left;
}

void arrivals_done(struct arrivals *in)
{
	struct err ignored = { ERR_NONE, "" };

	if (in->folder)
		file_remove_tree(in->folder, &ignored);
	free(in->folder);
	memset(in, 0, sizeof *in);
}
