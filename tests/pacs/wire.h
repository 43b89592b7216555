/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DIMSE messages as bytes.  DCMTK's own senders check what they send; a PACS that misbehaves must not. */

#ifndef BADPACS_WIRE_H
#define BADPACS_WIRE_H

#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dimse.h>

/* A command set, implicit little endian; elements in ascending order of their tags. */
struct command {
	std::string body;

	command &us(unsigned element, unsigned value);
	command &text(unsigned element, const std::string &value, char pad);
	command &uid(unsigned element, const std::string &value) { return text(element, value, '\0'); }
	command &ae(unsigned element, const std::string &value) { return text(element, value, ' '); }
	std::string bytes() const;		/* with the group length in front */
};

/* Tag, VR UN where VRs are explicit, and length of an element, little endian. */
std::string element_head(unsigned group, unsigned element, size_t len, bool is_explicit);

/* The response every service gives; what is specific is added to it afterwards. */
command response(unsigned field, const char *sop_class, unsigned message_id, bool dataset, unsigned status);

OFCondition wire_send(T_ASC_Association *, unsigned char context, bool dataset, const char *bytes, size_t len,
		      bool last = true);
OFCondition wire_message(T_ASC_Association *, unsigned char context, const command &, DcmDataset *, E_TransferSyntax);

/* The accepted context for an abstract syntax in which we may be SCU; 0 if there is none.  An empty transfer syntax
 * stands for any uncompressed one. */
unsigned char wire_store_context(T_ASC_Association *, const std::string &sop_class, const std::string &xfer,
				 bool need_scp_role, E_TransferSyntax *ret_xfer);

int wire_socket(T_ASC_Association *);
bool wire_wait(T_ASC_Association *, long ms);		/* false when it hung up before the time was over */
bool xfer_uncompressed(const std::string &uid);

#endif
