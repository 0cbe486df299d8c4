/*
 * Shapes are those of the makers' config.json.  A repository is `confirmed` when
 * programs of others load it by that name in the layout we read (onnx/model*.onnx);
 * the exports of the others are guesses from how the exporters name things.
 */
#include "hub/catalogue.h"

#include "base/cleanup.h"

#define APACHE .licence = "Apache-2.0"
#define QWEN_RESEARCH .licence = "Qwen Research", .terms = "not for commercial use without a licence of its makers"
#define LLAMA .licence = "Llama 3.2 Community", .terms = "its terms of use must be accepted; products name Llama"

#define GEMMA .licence = "Gemma", .as_published = true, \
	.terms = "its terms of use must be accepted; they forbid some uses"

/* Qwen2.5 and Qwen2.5-Coder have the same shapes. */
#define QWEN25_05B .shape = { 24, 896, 4864, 14, 2, 64, 151936, true, 32768 }
#define QWEN25_15B .shape = { 28, 1536, 8960, 12, 2, 128, 151936, true, 32768 }
#define QWEN25_3B .shape = { 36, 2048, 11008, 16, 2, 128, 151936, true, 32768 }
#define QWEN25_7B .shape = { 28, 3584, 18944, 28, 4, 128, 152064, false, 32768 }
#define QWEN25_14B .shape = { 48, 5120, 13824, 40, 8, 128, 152064, false, 32768 }
#define GUESSED .remark = "no ONNX export of it is known for certain; the Hub is asked"

const struct catalogue_model catalogue[] = {
	{
		"qwen2.5-coder-0.5b", "Qwen2.5-Coder 0.5B Instruct", "Qwen2.5-Coder", APACHE, QWEN25_05B,
		.repositories = { "onnx-community/Qwen2.5-Coder-0.5B-Instruct" }, .confirmed = true,
		.files = { { "q4", 786000000 }, { "q4f16", 483000000 } }, .memory_gb = 4,
	},
	{
		"qwen2.5-coder-1.5b", "Qwen2.5-Coder 1.5B Instruct", "Qwen2.5-Coder", APACHE, QWEN25_15B,
		.repositories = { "onnx-community/Qwen2.5-Coder-1.5B-Instruct" }, .confirmed = true,
		.files = { { "q4", 1916000000 }, { "q4f16", 1344000000 } }, .memory_gb = 8,
	},
	{
		"qwen2.5-coder-3b", "Qwen2.5-Coder 3B Instruct", "Qwen2.5-Coder", QWEN_RESEARCH, QWEN25_3B,
		.repositories = { "onnx-community/Qwen2.5-Coder-3B-Instruct" }, .confirmed = true, .memory_gb = 16,
	},
	{
		"qwen2.5-coder-7b", "Qwen2.5-Coder 7B Instruct", "Qwen2.5-Coder", APACHE, QWEN25_7B, GUESSED,
		.repositories = { "onnx-community/Qwen2.5-Coder-7B-Instruct",
			"onnx-community/Qwen2.5-Coder-7B-Instruct-ONNX" },
		.memory_gb = 32,
	},
	{
		"qwen2.5-coder-14b", "Qwen2.5-Coder 14B Instruct", "Qwen2.5-Coder", APACHE, QWEN25_14B, GUESSED,
		.repositories = { "onnx-community/Qwen2.5-Coder-14B-Instruct",
			"onnx-community/Qwen2.5-Coder-14B-Instruct-ONNX" },
		.memory_gb = 64,
	},
	{
		"qwen2.5-0.5b", "Qwen2.5 0.5B Instruct", "Qwen2.5", APACHE, QWEN25_05B,
		.repositories = { "onnx-community/Qwen2.5-0.5B-Instruct" }, .confirmed = true,
		.files = { { "q4", 786000000 }, { "q4f16", 483003582 } },
	},
	{
		"qwen2.5-1.5b", "Qwen2.5 1.5B Instruct", "Qwen2.5", APACHE, QWEN25_15B,
		.repositories = { "onnx-community/Qwen2.5-1.5B-Instruct" }, .confirmed = true,
		.files = { { "q4", 1916000000 }, { "q4f16", 1344000000 } },
	},
	{
		"qwen2.5-3b", "Qwen2.5 3B Instruct", "Qwen2.5", QWEN_RESEARCH, QWEN25_3B, GUESSED,
		.repositories = { "onnx-community/Qwen2.5-3B-Instruct", "onnx-community/Qwen2.5-3B-Instruct-ONNX" },
	},
	{
		"qwen2.5-7b", "Qwen2.5 7B Instruct", "Qwen2.5", APACHE, QWEN25_7B, GUESSED,
		.repositories = { "onnx-community/Qwen2.5-7B-Instruct", "onnx-community/Qwen2.5-7B-Instruct-ONNX" },
	},
	{
		"qwen2.5-14b", "Qwen2.5 14B Instruct", "Qwen2.5", APACHE, QWEN25_14B, GUESSED,
		.repositories = { "onnx-community/Qwen2.5-14B-Instruct", "onnx-community/Qwen2.5-14B-Instruct-ONNX" },
	},
	{
		"qwen3-0.6b", "Qwen3 0.6B", "Qwen3", APACHE,
		.repositories = { "onnx-community/Qwen3-0.6B-ONNX" }, .confirmed = true,
		.shape = { 28, 1024, 3072, 16, 8, 128, 151936, true, 40960 },
		.files = { { "q4", 919000000 }, { "q4f16", 570000000 } },
	},
	{
		"qwen3-1.7b", "Qwen3 1.7B", "Qwen3", APACHE,
		.repositories = { "onnx-community/Qwen3-1.7B-ONNX" }, .confirmed = true,
		.shape = { 28, 2048, 6144, 16, 8, 128, 151936, true, 40960 },
		.files = { { "q4", 2147000000 }, { "q4f16", 1426000000 } },
	},
	{
		"qwen3-4b", "Qwen3 4B", "Qwen3", APACHE,
		.repositories = { "onnx-community/Qwen3-4B-ONNX" }, .confirmed = true,
		.shape = { 36, 2560, 9728, 32, 8, 128, 151936, true, 40960 },
		.files = { { "q4f16", 2897393599 } },
	},
	{
		"qwen3-4b-instruct-2507", "Qwen3 4B Instruct 2507", "Qwen3", APACHE,
		.repositories = { "onnx-community/Qwen3-4B-Instruct-2507-ONNX" }, .confirmed = true,
		.shape = { 36, 2560, 9728, 32, 8, 128, 151936, true, 262144 },
		.files = { { "q4f16", 2898697000 } },
	},
	{
		"llama-3.2-1b", "Llama 3.2 1B Instruct", "Llama 3.2", LLAMA,
		.repositories = { "onnx-community/Llama-3.2-1B-Instruct-ONNX", "onnx-community/Llama-3.2-1B-Instruct" },
		.confirmed = true,
		.shape = { 16, 2048, 8192, 32, 8, 64, 128256, true, 131072 },
		.files = { { "q4", 1693000000 }, { "q4f16", 1090000000 } },
	},
	{
		"llama-3.2-3b", "Llama 3.2 3B Instruct", "Llama 3.2", LLAMA,
		.repositories = { "onnx-community/Llama-3.2-3B-Instruct-ONNX", "onnx-community/Llama-3.2-3B-Instruct" },
		.confirmed = true,
		.shape = { 28, 3072, 8192, 24, 8, 128, 128256, true, 131072 },
	},
	{
		"gemma-3-270m", "Gemma 3 270M Instruct", "Gemma 3", GEMMA,
		.repositories = { "onnx-community/gemma-3-270m-it-ONNX" }, .confirmed = true,
		.shape = { 18, 640, 2048, 4, 1, 256, 262144, true, 32768 },
	},
	{
		"gemma-3-1b", "Gemma 3 1B Instruct", "Gemma 3", GEMMA,
		.repositories = { "onnx-community/gemma-3-1b-it-ONNX-GQA", "onnx-community/gemma-3-1b-it-ONNX" },
		.confirmed = true,
		.shape = { 26, 1152, 6912, 4, 1, 256, 262144, true, 32768 },
		.files = { { "q4", 1650000000 }, { "fp16", 2000000000 }, { "quantized", 1000000000 } },
	},
	{
		"gemma-2-2b", "Gemma 2 2B Instruct", "Gemma 2", GEMMA, GUESSED,
		.repositories = { "onnx-community/gemma-2-2b-it-ONNX", "onnx-community/gemma-2-2b-it" },
		.shape = { 26, 2304, 9216, 8, 4, 256, 256000, true, 8192 },
	},
	{
		"phi-3.5-mini", "Phi-3.5 mini Instruct", "Phi-3.5", .licence = "MIT",
		.repositories = { "onnx-community/Phi-3.5-mini-instruct-onnx-web" }, .confirmed = true,
		.shape = { 32, 3072, 8192, 32, 32, 96, 32064, false, 131072 },
		.files = { { "q4f16", 2320000000 } },
	},
	{
		"phi-4-mini", "Phi-4 mini Instruct", "Phi-4", .licence = "MIT",
		.repositories = { "onnx-community/Phi-4-mini-instruct-ONNX-GQA",
			"onnx-community/Phi-4-mini-instruct-web-q4f16", "onnx-community/Phi-4-mini-instruct-ONNX" },
		.confirmed = true,
		.shape = { 32, 3072, 8192, 24, 8, 128, 200064, true, 131072 },
		.files = { { "q4f16", 3410000000 } },
	},
	{
		"smollm2-135m", "SmolLM2 135M Instruct", "SmolLM2", APACHE,
		.repositories = { "HuggingFaceTB/SmolLM2-135M-Instruct" }, .confirmed = true,
		.shape = { 30, 576, 1536, 9, 3, 64, 49152, true, 8192 },
		.files = { { "q4", 200000000 }, { "q4f16", 134000000 }, { "fp16", 327000000 }, { "fp32", 654000000 } },
	},
	{
		"smollm2-360m", "SmolLM2 360M Instruct", "SmolLM2", APACHE,
		.repositories = { "HuggingFaceTB/SmolLM2-360M-Instruct" }, .confirmed = true,
		.shape = { 32, 960, 2560, 15, 5, 64, 49152, true, 8192 },
	},
	{
		"smollm2-1.7b", "SmolLM2 1.7B Instruct", "SmolLM2", APACHE,
		.repositories = { "HuggingFaceTB/SmolLM2-1.7B-Instruct" }, .confirmed = true,
		.shape = { 24, 2048, 8192, 32, 32, 64, 49152, true, 8192 },
		.files = { { "q4", 1411969607 } },
	},
	{
		"deepseek-r1-distill-qwen-1.5b", "DeepSeek R1 Distill Qwen 1.5B", "DeepSeek R1", .licence = "MIT",
		.remark = "reasons at length before it answers",
		.repositories = { "onnx-community/DeepSeek-R1-Distill-Qwen-1.5B-ONNX" }, .confirmed = true,
		.shape = { 28, 1536, 8960, 12, 2, 128, 151936, false, 131072 },
		.files = { { "q4", 1966000000 }, { "q4f16", 1369000000 } },
	},
};
const size_t catalogue_count = countof(catalogue);
