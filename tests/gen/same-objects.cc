/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * same-objects: do two folders hold the same DICOM objects?
 *
 *	same-objects [--subset] [--decoded] ORIGINAL RETRIEVED
 *
 * Objects meet by the SOP Instance UID in their data sets, whatever their file names; every element is compared, nested
 * ones and pixel data included.  Ignored are the file meta information, group lengths and trailing padding, which
 * belong to the encoding.  A different transfer syntax is reported; it is a difference when one of the two is
 * compressed, unless --decoded, which compares what remains after decompressing.  With --subset RETRIEVED may lack
 * objects.  Hidden files and folders are not looked at.  Exit status: 0 the same, 1 not, 2 usage.
 */
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

using Folder = std::map<std::string, std::string>;	/* SOP Instance UID -> path */

int problems;

void say(const char *what, const std::string &uid, const std::string &detail)
{
	std::printf("%s %s %s\n", what, uid.c_str(), detail.c_str());
}

void problem(const char *what, const std::string &uid, const std::string &detail)
{
	problems++;
	say(what, uid, detail);
}

Folder read_folder(const fs::path &dir)
{
	std::vector<std::string> paths;
	Folder folder;

	for (auto it = fs::recursive_directory_iterator(dir); it != fs::recursive_directory_iterator(); ++it) {
		if (it->path().filename().string()[0] == '.') {
			if (it->is_directory())
				it.disable_recursion_pending();
		} else if (it->is_regular_file()) {
			paths.push_back(it->path().string());
		}
	}
	std::sort(paths.begin(), paths.end());
	for (const auto &path : paths) {
		DcmFileFormat file;
		OFString uid;

		if (file.loadFileUntilTag(path.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_autoDetect,
					  DCM_StudyDate).bad() ||
		    file.getDataset()->findAndGetOFString(DCM_SOPInstanceUID, uid).bad() || uid.empty()) {
			problem("unreadable", "-", path);
			continue;
		}
		auto [had, added] = folder.emplace(uid.c_str(), path);
		if (!added)
			problem("duplicate", uid.c_str(), path + " and " + had->second);
	}
	return folder;
}

/* Those that count, by tag. */
std::map<DcmTagKey, DcmElement *> elements_of(DcmItem &item)
{
	std::map<DcmTagKey, DcmElement *> all;

	for (unsigned long i = 0; i < item.card(); i++) {
		DcmElement *element = item.getElement(i);
		DcmTagKey tag = element->getTag();

		if (tag.getElement() != 0 && tag != DCM_DataSetTrailingPadding)
			all[tag] = element;
	}
	return all;
}

/* The value as Explicit VR Little Endian would carry it, whatever byte order it was read in. */
bool value_of(DcmElement &element, std::string &value)
{
	size_t header = DcmVR(element.getVR()).usesExtendedLengthEncoding() ? 12 : 8;
	Uint32 size = element.calcElementLength(EXS_LittleEndianExplicit, EET_ExplicitLength);
	std::vector<char> room(size + 64);
	DcmOutputBufferStream out(room.data(), static_cast<offile_off_t>(room.size()));
	void *at;
	offile_off_t len;

	element.transferInit();
	if (element.write(out, EXS_LittleEndianExplicit, EET_ExplicitLength, nullptr).bad())
		return false;
	element.transferEnd();
	out.flush();
	out.flushBuffer(at, len);
	if (static_cast<size_t>(len) < header)
		return false;
	value.assign(static_cast<char *>(at) + header, static_cast<size_t>(len) - header);
	return true;
}

/* The fragments of compressed pixel data, each behind its length. */
bool fragments_of(DcmElement &element, E_TransferSyntax syntax, std::string &value)
{
	DcmPixelSequence *sequence = nullptr;
	DcmPixelItem *fragment;
	Uint8 *bytes;

	if (static_cast<DcmPixelData &>(element).getEncapsulatedRepresentation(syntax, nullptr, sequence).bad())
		return false;
	for (unsigned long i = 0; i < sequence->card(); i++) {
		if (sequence->getItem(fragment, i).bad() || fragment->getUint8Array(bytes).bad())
			return false;
		value += std::to_string(fragment->getLength()) + ":";
		value.append(reinterpret_cast<char *>(bytes), fragment->getLength());
	}
	return true;
}

struct Side {
	DcmFileFormat file;
	E_TransferSyntax syntax;

	bool load(const std::string &path)
	{
		if (file.loadFile(path.c_str()).bad() || file.loadAllDataIntoMemory().bad())
			return false;
		syntax = file.getDataset()->getOriginalXfer();
		return true;
	}
	bool compressed() const { return DcmXfer(syntax).isEncapsulated(); }
	bool decode()
	{
		if (compressed() && file.getDataset()->chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad())
			return false;
		syntax = EXS_LittleEndianExplicit;
		file.getDataset()->removeAllButCurrentRepresentations();
		return true;
	}
};

std::string name_of(const std::string &where, const DcmElement &element)
{
	return where + element.getTag().toString().c_str();
}

std::string difference(DcmItem &a, DcmItem &b, const Side &left, const Side &right, const std::string &where);

std::string difference(DcmElement &a, DcmElement &b, const Side &left, const Side &right, const std::string &where)
{
	const std::string name = name_of(where, a);
	std::string one, two;

	if (a.ident() == EVR_SQ && b.ident() == EVR_SQ) {
		auto &s = static_cast<DcmSequenceOfItems &>(a), &t = static_cast<DcmSequenceOfItems &>(b);

		if (s.card() != t.card())
			return name + ": " + std::to_string(s.card()) + " items, " + std::to_string(t.card());
		for (unsigned long i = 0; i < s.card(); i++) {
			auto found = difference(*s.getItem(i), *t.getItem(i), left, right,
						name + "[" + std::to_string(i) + "].");
			if (!found.empty())
				return found;
		}
		return "";
	}
	/* read from Implicit VR, a private element has no VR of its own */
	if (a.getVR() != b.getVR() && a.getVR() != EVR_UN && b.getVR() != EVR_UN &&
	    a.getTag() != DCM_PixelData)
		return name + ": VR " + DcmVR(a.getVR()).getVRName() + ", " + DcmVR(b.getVR()).getVRName();
	if (a.getTag() == DCM_PixelData && where.empty() && left.compressed()) {
		if (!fragments_of(a, left.syntax, one) || !fragments_of(b, right.syntax, two))
			return name + ": cannot be read";
	} else if (!value_of(a, one) || !value_of(b, two)) {
		return name + ": cannot be read";
	}
	if (one != two) {
		size_t at = 0;

		while (at < one.size() && at < two.size() && one[at] == two[at])
			at++;
		return name + ": values of " + std::to_string(one.size()) + " and " + std::to_string(two.size()) +
		       " bytes, first different at byte " + std::to_string(at);
	}
	return "";
}

/* The first difference in words, or nothing. */
std::string difference(DcmItem &a, DcmItem &b, const Side &left, const Side &right, const std::string &where)
{
	auto ours = elements_of(a), theirs = elements_of(b);

	for (auto &[tag, element] : theirs)
		if (!ours.count(tag))
			return name_of(where, *element) + ": only in the second";
	for (auto &[tag, element] : ours) {
		auto other = theirs.find(tag);

		if (other == theirs.end())
			return name_of(where, *element) + ": only in the first";
		auto found = difference(*element, *other->second, left, right, where);
		if (!found.empty())
			return found;
	}
	return "";
}

void compare(const std::string &uid, const std::string &original, const std::string &retrieved, bool decoded)
{
	Side left, right;

	if (!left.load(original) || !right.load(retrieved))
		return problem("unreadable", uid, original + " or " + retrieved);
	if (left.syntax != right.syntax) {
		bool matters = (left.compressed() || right.compressed()) && !decoded;
		std::string syntaxes = std::string(DcmXfer(left.syntax).getXferName()) + " -> " +
				       DcmXfer(right.syntax).getXferName();

		say("syntax", uid, syntaxes);
		if (matters)
			return problem("different", uid, "transfer syntax");
		if (!left.decode() || !right.decode())
			return problem("different", uid, "cannot be decompressed to compare");
	}
	auto found = difference(*left.file.getDataset(), *right.file.getDataset(), left, right, "");
	if (!found.empty())
		problem("different", uid, found);
}

int usage()
{
	std::fputs("usage: same-objects [--subset] [--decoded] ORIGINAL RETRIEVED\n", stderr);
	return 2;
}

} // namespace

int main(int argc, char **argv)
{
	bool subset = false, decoded = false;
	std::vector<std::string> dirs;
	size_t shared = 0;

	for (int i = 1; i < argc; i++) {
		if (!std::strcmp(argv[i], "--subset"))
			subset = true;
		else if (!std::strcmp(argv[i], "--decoded"))
			decoded = true;
		else if (argv[i][0] == '-')
			return usage();
		else
			dirs.push_back(argv[i]);
	}
	if (dirs.size() != 2 || !fs::is_directory(dirs[0]) || !fs::is_directory(dirs[1]))
		return usage();

	OFLog::configure(OFLogger::FATAL_LOG_LEVEL);
	DcmRLEDecoderRegistration::registerCodecs();
	DJDecoderRegistration::registerCodecs();
	DJLSDecoderRegistration::registerCodecs();

	Folder originals = read_folder(dirs[0]), retrieved = read_folder(dirs[1]);

	for (auto &[uid, path] : retrieved) {
		auto original = originals.find(uid);

		if (original == originals.end()) {
			problem("extra", uid, path);
			continue;
		}
		shared++;
		compare(uid, original->second, path, decoded);
	}
	for (auto &[uid, path] : originals)
		if (!subset && !retrieved.count(uid))
			problem("missing", uid, path);
	std::printf("%zu in the first, %zu in the second, %zu in both, %d problems\n", originals.size(), retrieved.size(),
		    shared, problems);
	return problems != 0;
}
