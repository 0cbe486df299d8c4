/* What a teacher is put together from: between teachers.c and teacher_list.c. */
#pragma once

#include "config/load.h"
#include "config/vendors.h"

/* Whether a teacher can be asked there. */
bool teacher_is_address(const char *text);
#define TEACHER_ADDRESS_ACCEPTED "accepted: an http or https address, without a name or password in it"

/* Adds a line "Name: value"; false when it is none, or one too many. */
bool teacher_add_header(struct teacher_config *t, struct str line);

/*
 * Adds what variables, and for Claude the settings files, say of a vendor and t leaves open: address,
 * model, headers.  Headers belong to the vendor's own address, or the one a variable names.
 */
void teacher_take_variables(struct loader *l, const struct vendor *v, struct teacher_config *t);

/* Makes t the last of the configuration's teachers; t is empty then. */
void teacher_keep(struct config *c, struct teacher_config *t);

/* Reads l's list of teachers. */
void teacher_list_read(struct loader *l);
