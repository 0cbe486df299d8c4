/*
 * The pipeline in its first form: known answer, else the local model, else a
 * teacher while the model is not ready, else the model once it is.  Teachers that
 * rest are asked when nobody else is there, or they were asked for.
 */
#include "route/route.h"

#include "base/cleanup.h"

static const char *const wish_names[] = {
	[WISH_AUTO] = "auto", [WISH_KNOWN] = "known", [WISH_LOCAL] = "local", [WISH_TEACHER] = "teacher",
};

static struct route_decision to(enum route_to where, const char *reason)
{
	return (struct route_decision){ where, reason };
}

static struct route_decision decide_known(const struct route_facts *f)
{
	return f->known ? to(ROUTE_KNOWN, "matches a known answer") : to(ROUTE_NOBODY, "matches no known answer");
}

static struct route_decision decide_local(const struct route_facts *f)
{
	switch (f->local) {
	case LOCAL_READY: return to(ROUTE_LOCAL, "the local model is ready");
	case LOCAL_LOADING: return to(ROUTE_LOCAL, "waits for the local model, which is loading");
	case LOCAL_FAILED: return to(ROUTE_NOBODY, "the local model could not be loaded");
	case LOCAL_NONE: break;
	}
	return to(ROUTE_NOBODY, "there is no local model");
}

static struct route_decision decide_teacher(const struct route_facts *f)
{
	switch (f->teacher) {
	case TEACHER_READY: case TEACHER_RESTING: return to(ROUTE_TEACHER, "a teacher was asked for");
	case TEACHER_SPENT: return to(ROUTE_SPENT, "the month's budget for teachers is spent");
	case TEACHER_NONE: break;
	}
	return to(ROUTE_NOBODY, "no teacher has a key");
}

/* Without a teacher the local model is left to say that it cannot. */
static struct route_decision decide_pictures(const struct route_facts *f)
{
	struct route_decision d = f->teacher == TEACHER_NONE ? decide_local(f) : decide_teacher(f);

	return d.to == ROUTE_TEACHER ? to(ROUTE_TEACHER, "the local model sees no pictures") : d;
}

static const char *why_not_local(const struct route_facts *f)
{
	return f->local == LOCAL_LOADING ? "the local model is still loading" :
		f->local == LOCAL_FAILED ? "the local model could not be loaded" : "there is no local model";
}

static struct route_decision decide_auto(const struct route_facts *f)
{
	bool loading = f->local == LOCAL_LOADING;

	if (f->known)
		return decide_known(f);
	if (f->pictures)
		return decide_pictures(f);
	if (f->local == LOCAL_READY || f->teacher == TEACHER_NONE)
		return decide_local(f);
	if (loading && f->teacher == TEACHER_RESTING)
		return to(ROUTE_LOCAL, "waits for the local model, which is loading: the teachers rest after failures");
	if (loading && f->teacher == TEACHER_SPENT)
		return to(ROUTE_LOCAL, "waits for the local model, which is loading: the budget for teachers is spent");
	return f->teacher == TEACHER_SPENT ? decide_teacher(f) : to(ROUTE_TEACHER, why_not_local(f));
}

struct route_decision route_decide(const struct route_facts *f)
{
	switch (f->wish) {
	case WISH_KNOWN: return decide_known(f);
	case WISH_LOCAL: return decide_local(f);
	case WISH_TEACHER: return decide_teacher(f);
	case WISH_AUTO: break;
	}
	return decide_auto(f);
}

bool route_wish_find(struct str name, enum route_wish *wish)
{
	for (size_t i = 0; i < countof(wish_names); i++) {
		if (str_is(name, wish_names[i])) {
			*wish = (enum route_wish)i;
			return true;
		}
	}
	return false;
}

const char *route_nobody_text(const struct route_facts *f)
{
	if (f->wish == WISH_KNOWN)
		return "No known answer fits this question, and only known answers were asked for.\n"
		       "Run `shammah` without `--source known` to ask the local model or a teacher.";
	if (f->wish == WISH_TEACHER)
		return "A teacher was asked for, but there is no API key for any.\n"
		       "Run `shammah setup` to add one (or set ANTHROPIC_API_KEY), and ask again.";
	if (f->local == LOCAL_FAILED && f->wish == WISH_LOCAL)
		return "The local model was asked for, but it could not be loaded.\n"
		       "Run `shammah daemon status` to see why it failed.";
	if (f->local == LOCAL_FAILED)
		return "The local model could not be loaded, and there is no API key for a teacher.\n"
		       "Run `shammah daemon status` to see why it failed.";
	if (f->wish == WISH_LOCAL)
		return "The local model was asked for, but none is configured.\n"
		       "Run `shammah models pull` to fetch the one that fits this machine.";
	if (f->fetching)
		return "No known answer fits; a local model is being fetched, and there is no API key for a teacher.\n"
		       "Run `shammah models list` to see how far it is, and ask again then.";
	return "No known answer fits, and there is neither a local model nor an API key for a teacher.\n"
	       "Run `shammah models pull` to fetch a model that fits this machine, or `shammah setup` for a teacher.";
}
