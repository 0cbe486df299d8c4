/* What the checks of `shammah doctor` share.  Each is a row of the table in cmd_doctor.c. */
#pragma once

#include "cli/commands.h"
#include "cli/report.h"
#include "daemon/life.h"

struct doctor {
	const struct options *options;
	struct config *config;       /* as much of it as could be read */
	struct error trouble;        /* why that is not all; ERROR_NONE: it is */
	char *home;                  /* ~/.shammah; NULL: unknown */
	struct running running;      /* the daemon */
	struct report report;
};

void doctor_version(struct doctor *d);
void doctor_system(struct doctor *d);
void doctor_processor(struct doctor *d);
void doctor_memory(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_locale(struct doctor *d);
void doctor_terminal(struct doctor *d);
void doctor_variables(struct doctor *d);
void doctor_tools(struct doctor *d);
void doctor_confinement(struct doctor *d);

void doctor_folder(struct doctor *d);
void doctor_disk(struct doctor *d);
void doctor_settings(struct doctor *d);

void doctor_teachers(struct doctor *d);
void doctor_libcurl(struct doctor *d);
void doctor_trust(struct doctor *d);
void doctor_proxy(struct doctor *d);

void doctor_daemon(struct doctor *d);
void doctor_port(struct doctor *d);
void doctor_model(struct doctor *d);
void doctor_onnxruntime(struct doctor *d);
