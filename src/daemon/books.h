/*
 * The daemon's side of the books (store/record.h): what each answer cost or saved, what
 * is spent of the month's budget, and whether teachers may still be asked.
 *
 * Costs are what the vendor says with the answer, where one does (OpenRouter); else estimates by the
 * user's price or the dated table of list prices; what has no known price costs nothing here, and is
 * marked so.  Of an answer that was cut, of one whose vendor counts no tokens, and of a question that
 * waited in vain, they are estimated (provider/estimate.h).  Answers under way when the budget is
 * reached are finished.  Any thread.
 */
#pragma once

#include "chat/request.h"
#include "daemon/metrics.h"
#include "daemon/teachers.h"
#include "provider/price.h"
#include "store/spending.h"

struct books;

/* Reads this month's sum from `home`; what cannot be read is logged.  `teachers` lives as long. */
struct books *books_create(const char *home, struct teachers *teachers, struct metrics *metrics);
void books_destroy(struct books *b);

/* Micro-dollars a month; negative: there is none. */
void books_set_budget(struct books *b, int64_t budget);

struct spending_view books_spending(struct books *b);

/* What has been given, as far as it came. */
struct book_entry {
	enum metric_source source;
	enum metric_result result;
	const char *teacher, *provider, *model;    /* of a teacher's; `model` of a local one as well; else NULL */
	const struct price *price;     /* of a teacher's, as the user says; NULL: the table has it, or nobody knows */
	struct usage usage;
	bool ended;                    /* the usage is known, where it is said at all */
	size_t received;               /* bytes of the answer, for the estimate where it is not */
	unsigned unanswered;           /* so often it was sent, and nothing came in time */
	bool escalated;                /* of a teacher's: the model of this machine was not ready, or not able */
	uint64_t ms;                   /* from the question to the end */
	const struct teacher_list *list;   /* what its first one costs is saved by a free answer; NULL: nothing */
};

/* Writes it down; a disk that refuses is logged once, and counts go on in memory. */
void books_note(struct books *b, const struct request *request, const struct book_entry *entry);

/* What such an answer costs: as its vendor said, by the user's price (NULL: none), by the table.  False: unknown. */
bool books_cost(const char *provider, const char *model, const struct price *price, const struct usage *usage,
	uint64_t *micro_usd);

/*
 * Whether there is a budget that answers of such a model do not count towards, since nobody knows its price, and
 * this has not been told yet of that model; told it is from now on.
 */
bool books_tell_unpriced(struct books *b, const char *provider, const char *model, const struct price *price);

/* "$16.20 of this month's $20.00 for teachers are spent". */
void books_describe(const struct spending_view *view, char *text, size_t size);

/* For /v1/status: {spent_usd, budget_usd?}; new. */
json_t *books_json(struct books *b);
