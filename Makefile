# What people and CI run. `make test` is the whole check, and installs what it needs by itself.
#
# Everything is built in the dev profile, which `cargo run` shares: compiling nickel-lang-core takes minutes, so it is done once
# for building and once more by clippy, which checks and does not compile. About, on two cores, cold:
# tools half an hour (Kubernetes and Helm 4 are built), clippy 1 to 2 min, tests 5 to 7 min; warm, seconds besides the tests themselves.

# The folder of the programs that judge the generated files: compose, helm, quadlet and others (see scripts/tools).
export CLP_GEN_TEST_TOOLS := $(shell scripts/tools path)

# Where rustup holds the pinned release only under the name "stable", that one is used, and nothing is downloaded.
PINNED := $(shell sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
ifeq ($(shell rustup toolchain list 2>/dev/null | grep -e '^$(PINNED)-'),)
ifeq ($(shell rustup run stable rustc --version 2>/dev/null | cut -d ' ' -f 2),$(PINNED))
export RUSTUP_TOOLCHAIN := stable
endif
endif

CARGO := cargo
WORKSPACE := --locked --workspace

.PHONY: build test lint tools bless bench release deny fuzz

build:
	$(CARGO) build $(WORKSPACE)

# The quickest check first.
test:
	$(CARGO) fmt --all --check
	scripts/tools install
	$(CARGO) clippy $(WORKSPACE) --all-targets -- -D warnings
	$(CARGO) test $(WORKSPACE)

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(WORKSPACE) --all-targets -- -D warnings

tools:
	scripts/tools install

# Rewrites the expected files of the fixtures: read the diff before it is committed.
bless: tools
	BLESS=1 $(CARGO) test $(WORKSPACE)

bench:
	$(CARGO) bench $(WORKSPACE)

release:
	$(CARGO) build --locked --release

# Licences, sources and duplicates of the dependencies. Builds cargo-deny once: 3 to 6 minutes.
deny:
	scripts/tools install cargo-deny
	"$(CLP_GEN_TEST_TOOLS)/cargo-deny" --locked check bans licenses sources

# Ten minutes of fuzzing on the nightly toolchain, by hand: first the reader, then the decoder. What stops one is kept in
# fuzz/artifacts/: once mended, its input belongs in fuzz/corpus/, which the tests replay.
fuzz:
	command -v cargo-fuzz >/dev/null || $(CARGO) install --locked cargo-fuzz
	for target in reader decoder; do \
		mkdir -p fuzz/target/found/$$target && \
		RUSTUP_TOOLCHAIN=nightly cargo fuzz run $$target fuzz/target/found/$$target fuzz/corpus/$$target -- \
			-max_total_time=300 -timeout=5 -rss_limit_mb=2048 || exit 1; \
	done
