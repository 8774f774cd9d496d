# Everything that a user and a developer need. `make run` and `make test` install what is missing.

CONFIG ?= release
SWIFT ?= swift
SOURCES = Package.swift Sources Tests Benchmarks Examples

.PHONY: run test swift-test python-test browser-test screenshots prove sanitize mutants bench sbom build format lint lint-format deps clean

run: deps
	$(SWIFT) build -c release --product unify
	MULTI_TENANT_MODE=$${MULTI_TENANT_MODE:-true} exec .build/release/unify serve

test: lint-format
	@scripts/install-dependencies.sh test
	scripts/mutants.py --check
	$(SWIFT) build --build-tests
	@$(MAKE) --no-print-directory -j2 swift-test python-test

# The two halves of `make test`, on what it has built. They run side by side: most tests wait most of the time.
swift-test:
	scripts/test-servers.sh run scripts/swift-test.sh scripts/bounded.sh 55 $(SWIFT) test --skip-build --no-parallel

python-test:
	@scripts/python-tests.sh

# The pages in a real browser alone, and the pictures of them in docs/images. A picture is made anew by hand: look at it.
browser-test:
	@scripts/install-dependencies.sh test
	$(SWIFT) build --product unify
	scripts/browser-python.sh -m unittest discover -s Tests/Browser

screenshots:
	@scripts/install-dependencies.sh screenshots
	$(SWIFT) build --product unify
	scripts/browser-python.sh Tests/Browser/screenshots.py docs/images

# Longer than the tests; prints its seed and its figures. PROVE=N tries N times as much, SEED=N repeats a run.
prove:
	@scripts/install-dependencies.sh prove
	$(SWIFT) build --build-tests
	scripts/prove.sh $(SWIFT)

# The tests that can find something with a sanitizer: SANITIZER=thread or address. Builds apart what they need.
SANITIZER ?= thread
sanitize:
	@scripts/install-dependencies.sh test
	scripts/sanitize.sh $(SANITIZER) $(SWIFT)

# Plants the faults of Tests/Mutants in a copy of the sources and shows which of them the tests notice. ONLY=REGEX runs some.
ONLY ?=
mutants:
	@scripts/install-dependencies.sh test
	scripts/test-servers.sh run scripts/mutants.py --swift $(SWIFT) --only "$(ONLY)"

# Beside peers and floors, in one run; writes docs/benchmarks.md. BENCH="--quick" for a short one, "--only PATTERN" for some.
bench:
	@scripts/install-dependencies.sh bench
	$(SWIFT) build -c release --product unify
	$(SWIFT) build -c release --product unify-bench
	$(SWIFT) build -c release --product hello-bench
	Benchmarks/allocations/check.py .build/release/unify
	Benchmarks/bench.py $(BENCH)

# The bill of materials of a build: .build/sbom.cdx.json, CycloneDX.
sbom:
	@scripts/install-dependencies.sh sbom
	$(SWIFT) package resolve
	scripts/sbom.sh

build: deps
	$(SWIFT) build -c $(CONFIG)

format:
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

lint-format:
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)

# A build folder of its own, so that the flag does not make the usual one stale.
lint: deps lint-format
	WARNINGS_AS_ERRORS=1 $(SWIFT) build --build-tests --scratch-path .build-lint

deps:
	@scripts/install-dependencies.sh

clean:
	rm -rf .build .build-lint
