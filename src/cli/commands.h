/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands: argv in, exit status out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "parse/opt.h"

struct program {
	const char *word;		/* sub-command of dicom-qr, "" = none given (NODE ...) */
	const char *alias;		/* installed name under which it runs by itself, or NULL */
	int (*run)(int argc, char **argv);
	const struct opt_command *command;
};

extern const struct program programs[];
extern const size_t programs_count;

int cmd_qr(int argc, char **argv);
int cmd_query(int argc, char **argv);
int cmd_retrieve(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_sync(int argc, char **argv);
int cmd_echo(int argc, char **argv);
int cmd_node(int argc, char **argv);
int cmd_qrscu(int argc, char **argv);
int cmd_nm(int argc, char **argv);
extern const struct opt_command command_qr, command_query, command_retrieve, command_resume, command_sync, command_echo;
extern const struct opt_command command_node, command_qrscu, command_nm;

int cmd_probe(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
extern const struct opt_command command_probe, command_doctor;

/* What is held and what happened. */
int cmd_verify(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_forget(int argc, char **argv);
int cmd_purge(int argc, char **argv);
int cmd_organise(int argc, char **argv);
extern const struct opt_command command_verify, command_status, command_history, command_explain, command_report;
extern const struct opt_command command_import, command_forget, command_purge, command_organise;

/* --help and --version of any command: true when one was given and answered. */
struct values;
bool commands_answered(const struct opt_command *, const struct values *);
/* "; did you mean "dicom-qr query"?" for a word that may be meant as a command; nothing when none is near. */
void commands_hint(const char *word, struct buf *);
