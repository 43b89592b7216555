/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The index of the data folder: every instance with its top-level attributes as text, pixel data left on disk.
 * refresh() reads only files that are new or have changed, so it can be called for every association. */

#ifndef BADPACS_STORE_H
#define BADPACS_STORE_H

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

struct instance {
	std::string path;
	std::string patient, study, series, sop, sop_class, xfer;	/* UIDs without padding */
	std::map<DcmTagKey, std::string> values;			/* as stored, several joined by a backslash */

	const std::string &value(const DcmTagKey &tag) const;	/* "" if absent */
	const std::string &unique(int level) const;		/* what identifies it at this level */
};

struct store {
	/* In the order patient, study, series, instance number, SOP Instance UID; of files with the same SOP Instance
	 * UID the first by path. */
	std::vector<std::shared_ptr<const instance>> instances;

	void refresh(const std::string &folder);
	const instance *by_sop(const std::string &sop) const;

private:
	struct seen {
		long long size, mtime_ns;
		unsigned long long inode;
		std::shared_ptr<const instance> what;	/* null: not DICOM, or no UIDs */
	};
	std::map<std::string, seen> files;

	void scan(const std::string &folder, std::map<std::string, seen> *found, bool *ret_changed) const;
	void sort();
};

/* The bytes of a data set: those of a file where it lies, which may be larger than memory, or made here. */
class payload {
public:
	payload() = default;
	payload(const payload &) = delete;
	payload &operator=(const payload &) = delete;
	~payload();
	bool map(const instance &);		/* as they are in the file */
	void keep(std::string *bytes);		/* takes them */
	void cut(size_t len) { size_ = len; }
	const char *data() const { return data_; }
	size_t size() const { return size_; }
private:
	std::string bytes;
	void *mapped = nullptr;
	size_t mapped_len = 0;
	const char *data_ = nullptr;
	size_t size_ = 0;
};

/* The data set in another, uncompressed transfer syntax, and with another SOP Instance UID inside if `uid' is not null. */
bool instance_converted(const instance &, E_TransferSyntax, const std::string *uid, std::string *ret_bytes);

/* Encodes a data set as it goes on the wire. */
bool dataset_encode(DcmDataset *, E_TransferSyntax, std::string *ret_bytes);

std::shared_ptr<const instance> instance_read(const std::string &path);	/* null if it is none */
std::string trimmed(const std::string &);	/* without the blanks and zeros that pad a value */

#endif
