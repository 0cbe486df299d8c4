# Meson does the building, scripts/setup the installing; this file only remembers the commands.
MESON ?= meson
BUILD ?= build
PREFIX ?= /usr/local
ARGS ?=

.PHONY: run test reference soak test-clients bench fuzz asan tsan coverage format lint install clean setup build

run: build
	@./$(BUILD)/shammah $(ARGS)

test: build
	@scripts/run-tests $(MESON) $(BUILD)

# Beside transformers; fetches a Debian of 5 GB once (bench/peers/root).
reference: build
	@tests/reference/compare $(BUILD)

# Several clients at once who hang up at will, for MINUTES.
soak: build
	@python3 tests/e2e/soak.py $(BUILD) $(or $(MINUTES),30)

test-clients: build
	@scripts/test-clients $(BUILD)

# make bench [ONLY="engine llama"]: every section of bench/run, or those.
bench:
	@$(MAKE) --no-print-directory build BUILD=build-bench SETUP='--buildtype=release -Dbench=true'
	@bench/run build-bench $(ONLY)

# Each instrument has a build folder of its own.
asan tsan coverage:
	@$(MAKE) --no-print-directory test BUILD=build-$@ SETUP='$(SETUP_$@)'
SETUP_asan     = -Db_sanitize=address,undefined -Db_lundef=false
SETUP_tsan     = -Db_sanitize=thread -Db_lundef=false
SETUP_coverage = -Db_coverage=true

# make fuzz [TARGET=sse] [SECONDS=60]: all targets, or one, for so long each.
fuzz:
	@CC=clang CXX=clang++ $(MAKE) --no-print-directory build BUILD=build-fuzz SETUP='-Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false'
	@fuzz/run build-fuzz "$(TARGET)" "$(or $(SECONDS),60)"

format:
	@clang-format -i $$(git ls-files '*.c' '*.h')

lint: build
	@scripts/lint $(BUILD)

install: build
	@$(MESON) configure $(BUILD) -Dprefix='$(PREFIX)' && ninja -C $(BUILD) --quiet
	@DESTDIR='$(DESTDIR)' $(MESON) install -C $(BUILD) --no-rebuild

build: setup $(BUILD)/build.ninja
	@log=$$(ninja -C $(BUILD) --quiet 2>&1) || { echo "$$log" >&2; exit 1; }

setup:
	@scripts/setup

$(BUILD)/build.ninja: | setup
	@$(MESON) setup $(BUILD) --prefix=$(PREFIX) $(SETUP) > /dev/null

clean:
	rm -rf build build-*
