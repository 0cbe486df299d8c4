#include "hub/obtain.h"

#include "base/mem.h"
#include "hub/graphs.h"

void obtained_done(struct obtained *f)
{
	free(f->folder);
	free(f->repo);
	*f = (struct obtained){0};
}

/* Without a token the Hub tells a repository that is not there from a closed one by nothing. */
static bool may_be_elsewhere(const struct error *err)
{
	return err->kind == ERROR_NOT_FOUND || err->kind == ERROR_DENIED;
}

static bool obtain_from(const struct obtain *f, const char *repo, const char *revision, struct obtained *result,
	struct error *err)
{
	own_hub_listing listing = {0};
	own_graph_files files = {0};

	if (!hub_list_files(f->hub, repo, revision, f->cancel, &listing, err))
		return false;
	if (!graph_files_choose(&files, &listing, f->precision, err))
		return error_prefix(err, "%s cannot be used", repo);
	*result = (struct obtained){ .repo = mem_strdup(repo), .precision = files.precision, .bytes = files.bytes };
	if (f->on_begin)
		f->on_begin(f->user, result);
	struct hub_want want = { .repo = repo, .revision = revision, .files = files.paths, .file_count = files.count };
	result->folder = hub_download(f->hub, &want, f->on_progress, f->user, f->cancel, err);
	return result->folder;
}

/* Nobody may be asked: what is here counts as it is. */
static bool obtain_offline(const struct obtain *f, const struct model_spec *s, struct obtained *result,
	struct error *err)
{
	result->folder = spec_find(f->hub, s, f->precision, &result->precision, err);
	result->repo = mem_strdup(spec_repository(s, 0));
	return result->folder || error_prefix(err, "HF_HUB_OFFLINE is set, so nothing is downloaded");
}

bool obtain_model(const struct obtain *f, const struct model_spec *s, struct obtained *result, struct error *err)
{
	struct error first = {0};
	const char *repo;

	*result = (struct obtained){0};
	if (f->hub->offline)
		return obtain_offline(f, s, result, err);
	for (size_t i = 0; (repo = spec_repository(s, i)); i++) {
		struct error failed = {0};
		obtained_done(result);
		if (obtain_from(f, repo, s->revision, result, &failed))
			return true;
		if (!first.kind)
			first = failed;
		if (!may_be_elsewhere(&failed)) {
			*err = failed;
			return false;
		}
	}
	*err = first;
	return false;
}

bool obtain_first(const struct obtain *f, const struct catalogue_model *const *models, size_t count,
		 const struct catalogue_model **taken, struct obtained *result, struct error *err)
{
	struct error first = {0};

	for (size_t i = 0; i < count; i++) {
		struct model_spec s = { .model = models[i] };
		struct error failed = {0};
		*taken = models[i];
		if (obtain_model(f, &s, result, &failed))
			return true;
		if (!first.kind)
			first = failed;
		if (!may_be_elsewhere(&failed) || i + 1 == count) {
			*err = may_be_elsewhere(&failed) ? first : failed;
			return false;
		}
		obtained_done(result);
		if (f->on_skip)
			f->on_skip(f->user, models[i], &failed);
	}
	return error_set(err, ERROR_INTERNAL, "no model was chosen");
}
