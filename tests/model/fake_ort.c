/* Stands in for an ONNX Runtime that is too old. */
#include <onnxruntime_c_api.h>

static const OrtApi *ORT_API_CALL no_table(uint32_t version) NO_EXCEPTION
{
	(void)version;
	return NULL;
}

static const char *ORT_API_CALL old_version(void) NO_EXCEPTION
{
	return "1.14.1";
}

const OrtApiBase *ORT_API_CALL OrtGetApiBase(void) NO_EXCEPTION
{
	static const OrtApiBase base = { .GetApi = no_table, .GetVersionString = old_version };

	return &base;
}
