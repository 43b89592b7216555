/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store.h"

#include <algorithm>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <set>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcwcache.h>

#include "scenario.h"
#include "shared.h"

enum { KEEP_BYTES = 1024 };		/* longer values are not worth matching */

std::string trimmed(const std::string &s)
{
	static const std::string padding(" \0", 2);
	size_t from = s.find_first_not_of(' '), to = s.find_last_not_of(padding);

	return from == std::string::npos || to == std::string::npos ? "" : s.substr(from, to - from + 1);
}

const std::string &instance::value(const DcmTagKey &tag) const
{
	static const std::string none;
	auto it = values.find(tag);

	return it == values.end() ? none : it->second;
}

const std::string &instance::unique(int level) const
{
	switch (level) {
	case LEVEL_PATIENT: return patient;
	case LEVEL_STUDY: return study;
	case LEVEL_SERIES: return series;
	default: return sop;
	}
}

static bool is_text(DcmElement *e)
{
	switch (e->ident()) {
	case EVR_SQ: case EVR_OB: case EVR_OW: case EVR_OF: case EVR_OD: case EVR_OL: case EVR_UN: case EVR_PixelData:
		return false;
	default:
		return e->getLength() <= KEEP_BYTES;
	}
}

std::shared_ptr<const instance> instance_read(const std::string &path)
{
	auto i = std::make_shared<instance>();
	DcmFileFormat file;
	DcmDataset *ds = file.getDataset();
	OFString text;

	if (file.loadFileUntilTag(path.c_str(), EXS_Unknown, EGL_noChange, KEEP_BYTES, ERM_autoDetect,
				  DCM_PixelData).bad())
		return nullptr;
	for (DcmObject *o = ds->nextInContainer(nullptr); o; o = ds->nextInContainer(o)) {
		DcmElement *e = dynamic_cast<DcmElement *>(o);

		if (e && is_text(e) && e->getOFStringArray(text, OFFalse).good())
			i->values[e->getTag().getXTag()] = std::string(text.c_str(), text.length());
	}
	i->path = path;
	i->patient = trimmed(i->value(DCM_PatientID));
	i->study = trimmed(i->value(DCM_StudyInstanceUID));
	i->series = trimmed(i->value(DCM_SeriesInstanceUID));
	i->sop = trimmed(i->value(DCM_SOPInstanceUID));
	i->sop_class = trimmed(i->value(DCM_SOPClassUID));
	i->xfer = DcmXfer(ds->getOriginalXfer()).getXferID();
	if (i->study.empty() || i->series.empty() || i->sop.empty() || i->sop_class.empty())
		return nullptr;
	return i;
}

void store::scan(const std::string &folder, std::map<std::string, seen> *found, bool *ret_changed) const
{
	DIR *dir = opendir(folder.c_str());

	if (!dir)
		return;
	while (struct dirent *entry = readdir(dir)) {
		std::string path = folder + "/" + entry->d_name;
		struct stat st;

		if (entry->d_name[0] == '.' || stat(path.c_str(), &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode)) {
			scan(path, found, ret_changed);
			continue;
		}
		if (!S_ISREG(st.st_mode))
			continue;

		seen now = { st.st_size, st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec, st.st_ino, nullptr };
		auto old = files.find(path);

		if (old != files.end() && old->second.size == now.size && old->second.mtime_ns == now.mtime_ns &&
		    old->second.inode == now.inode) {
			now.what = old->second.what;
		} else {
			now.what = instance_read(path);
			*ret_changed = true;
		}
		(*found)[path] = now;
	}
	closedir(dir);
}

static bool earlier(const std::shared_ptr<const instance> &a, const std::shared_ptr<const instance> &b)
{
	long na, nb;

	if (int c = a->patient.compare(b->patient))
		return c < 0;
	if (int c = a->study.compare(b->study))
		return c < 0;
	if (int c = a->series.compare(b->series))
		return c < 0;
	na = atol(a->value(DCM_InstanceNumber).c_str());
	nb = atol(b->value(DCM_InstanceNumber).c_str());
	return na != nb ? na < nb : a->sop < b->sop;
}

void store::sort()
{
	std::set<std::string> known;

	instances.clear();
	for (const auto &f : files)
		if (f.second.what && known.insert(f.second.what->sop).second)
			instances.push_back(f.second.what);
	std::sort(instances.begin(), instances.end(), earlier);
}

void store::refresh(const std::string &folder)
{
	std::map<std::string, seen> found;
	bool changed = false;

	scan(folder, &found, &changed);
	if (!changed && found.size() == files.size())
		return;
	files.swap(found);
	sort();
	log_event("index files %zu instances %zu", files.size(), instances.size());
}

const instance *store::by_sop(const std::string &sop) const
{
	for (const auto &i : instances)
		if (i->sop == sop)
			return i.get();
	return nullptr;
}

/* Where the data set begins: after preamble and group 2, which is always explicit little endian. */
static size_t dataset_offset(const std::string &bytes)
{
	size_t at = bytes.size() >= 132 && !bytes.compare(128, 4, "DICM") ? 132 : 0;

	while (at + 12 <= bytes.size() && bytes[at] == 2 && bytes[at + 1] == 0) {
		const unsigned char *p = (const unsigned char *)bytes.data() + at;
		bool wide = !memcmp(p + 4, "OB", 2) || !memcmp(p + 4, "UN", 2) || !memcmp(p + 4, "OW", 2) ||
			    !memcmp(p + 4, "UT", 2) || !memcmp(p + 4, "SQ", 2);

		at += wide ? 12 + (p[8] | p[9] << 8 | p[10] << 16 | (size_t)p[11] << 24) : 8 + (p[6] | p[7] << 8);
	}
	return std::min(at, bytes.size());
}

payload::~payload()
{
	if (mapped)
		munmap(mapped, mapped_len);
}

void payload::keep(std::string *from)
{
	bytes.swap(*from);
	data_ = bytes.data();
	size_ = bytes.size();
}

bool payload::map(const instance &i)
{
	int fd = open(i.path.c_str(), O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t at;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0) {
		mapped_len = (size_t)st.st_size;
		mapped = mmap(nullptr, mapped_len, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	if (fd >= 0)
		close(fd);
	if (!mapped || mapped == MAP_FAILED) {
		mapped = nullptr;
		return false;
	}
	data_ = static_cast<const char *>(mapped);
	at = dataset_offset(std::string(data_, std::min(mapped_len, (size_t)65536)));
	data_ += at;
	size_ = mapped_len - at;
	if (size_ % 2) {			/* no PDV may have an odd length */
		std::string even(data_, size_);

		even += '\0';
		keep(&even);
	}
	return size_ > 0;
}

bool dataset_encode(DcmDataset *ds, E_TransferSyntax xfer, std::string *ret_bytes)
{
	std::vector<char> room(65536);
	DcmOutputBufferStream out(room.data(), (offile_off_t)room.size());
	DcmWriteCache cache;
	std::string bytes;
	OFCondition cond;

	ds->transferInit();
	do {
		void *part = nullptr;
		offile_off_t len = 0;

		cond = ds->write(out, xfer, EET_ExplicitLength, &cache, EGL_withoutGL, EPD_withoutPadding);
		if (cond.bad() && cond != EC_StreamNotifyClient)
			break;
		out.flush();
		out.flushBuffer(part, len);
		bytes.append((const char *)part, (size_t)len);
	} while (cond == EC_StreamNotifyClient);
	ds->transferEnd();
	if (cond.bad())
		return false;
	ret_bytes->swap(bytes);
	return true;
}

bool instance_converted(const instance &i, E_TransferSyntax xfer, const std::string *uid, std::string *ret_bytes)
{
	DcmFileFormat file;
	DcmDataset *ds = file.getDataset();

	if (file.loadFile(i.path.c_str()).bad() || ds->loadAllDataIntoMemory().bad())
		return false;
	if (uid && ds->putAndInsertOFStringArray(DCM_SOPInstanceUID, OFString(uid->data(), uid->size())).bad())
		return false;
	if (ds->chooseRepresentation(xfer, nullptr).bad() || !ds->canWriteXfer(xfer))
		return false;
	return dataset_encode(ds, xfer, ret_bytes);
}
