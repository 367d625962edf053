# Everything a developer or packager does; `make help` lists it.

PREFIX ?= /usr/local
DESTDIR ?=
RELEASE = .build/release
# Where Debian's zsh looks for what packages bring, and for what was installed beside them.
ZSH = $(DESTDIR)$(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)

.PHONY: help setup build test test-dashboard test-statistics test-crash test-files check demo bench install clean format test-api test-ocsf test-unit fuzz test-sanitizers test-postgres-versions

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '  %-16s %s\n' "$$name" "$$text"; done

setup: ## Install missing Debian packages (root or sudo) and fetch the ONNX Runtime library into .deps
	@.ci/setup

build: setup ## Build the release binaries
	swift build -c release --static-swift-stdlib

test: setup ## Build and run all tests
	swift test --disable-xctest

test-statistics: setup ## Show on millions of benign ticks that the stated bound holds, and naive rules break it (nightly)
	RISKD_STATISTICS=1 swift test --disable-xctest --filter StatisticsTests

test-crash: setup ## Kill riskd 100 times while it tells of alerts, and compare the receiver's ledger with the outbox (nightly)
	RISKD_KILLS=100 swift test --disable-xctest --filter DeliveryTests

fuzz: setup ## Feed what reads strangers' bytes with bytes made up by libFuzzer (nightly; SECONDS=600 each, ONLY=record)
	.ci/fuzz $(if $(SECONDS),$(SECONDS),600) $(ONLY)

test-sanitizers: setup ## Run the unit tests with AddressSanitizer and with ThreadSanitizer (nightly; ONLY=address, FILTER=IngestTests)
	.ci/test-sanitizers $(ONLY)

test-unit: build ## Boot the systemd unit in systemd-nspawn, kill riskd in it, and read its journal (nightly; root; fails where nspawn cannot run)
	.ci/test-unit

test-postgres-versions: setup ## Run the storage tests against PostgreSQL 16 and 18 (nightly; needs PyPI once; FILTER=StorageTests)
	.ci/test-postgres-versions $(FILTER)

test-files: setup ## Follow a log directory through 500 random histories of each kind, and compare with a model (nightly)
	RISKD_FILE_SEEDS=500 swift test --disable-xctest --filter 'IngestTests\.(FollowerModelTests|RotationToolTests)'

test-dashboard: build ## Work on a case in a real browser (needs Debian's chromium and python3-venv; PICTURES=docs/images renews the pictures)
	python3 -m venv .deps/dashboard
	.deps/dashboard/bin/pip install --quiet --requirement Tests/Dashboard/requirements.txt
	.deps/dashboard/bin/python Tests/Dashboard/test_dashboard.py $(if $(PICTURES),--pictures $(PICTURES))

test-api: build ## Run schemathesis against the API with a replayed trace (needs PyPI once)
	.ci/test-api

test-ocsf: ## Hold the OCSF messages to the official schema (needs PyPI once; EVENTS=FILE checks an export)
	python3 -m venv .deps/ocsf
	.deps/ocsf/bin/pip install --quiet 'ocsf-json-schema>=1.2,<2' 'jsonschema>=4,<5'
	.deps/ocsf/bin/python .ci/check-ocsf $(EVENTS)

format: setup ## Format the Swift, the JavaScript and the pages; check the scripts
	swift format -i -r Package.swift Sources Tests
	.ci/wrap-pages
	.ci/lint-scripts --fix

check: ## Run what CI runs
	.ci/run

demo: build ## Show riskd on a recorded trace with real attacks
	$(RELEASE)/riskd demo

bench: build ## Measure the pipeline
	$(RELEASE)/riskd-bench pipeline

install: ## Install the built program, configuration, unit and documents under $(DESTDIR)$(PREFIX)
	@test -x $(RELEASE)/riskd || { echo "install: run 'make build' first" >&2; exit 1; }
	install -D -m 0755 -s $(RELEASE)/riskd $(DESTDIR)$(PREFIX)/bin/riskd
	install -D -m 0755 -s $(RELEASE)/riskctl $(DESTDIR)$(PREFIX)/bin/riskctl
	install -d $(DESTDIR)/etc/riskd
	test -e $(DESTDIR)/etc/riskd/riskd.yaml || install -m 0644 config/riskd.yaml $(DESTDIR)/etc/riskd/riskd.yaml
	install -d $(DESTDIR)/usr/lib/systemd/system
	sed 's|^ExecStart=/usr/bin|ExecStart=$(PREFIX)/bin|' systemd/riskd.service > $(DESTDIR)/usr/lib/systemd/system/riskd.service
	chmod 0644 $(DESTDIR)/usr/lib/systemd/system/riskd.service
	if [ -e .deps/onnxruntime/libonnxruntime.so ]; then \
		install -D -m 0644 .deps/onnxruntime/libonnxruntime.so $(DESTDIR)/usr/lib/riskd/libonnxruntime.so; \
		install -m 0644 .deps/onnxruntime/LICENSE $(DESTDIR)/usr/lib/riskd/LICENSE.onnxruntime; \
		install -m 0644 .deps/onnxruntime/ThirdPartyNotices.txt $(DESTDIR)/usr/lib/riskd/; fi
	install -d $(DESTDIR)$(PREFIX)/share/doc/riskd $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(ZSH) $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 0644 README.md LICENSE docs/*.md docs/openapi.yaml $(DESTDIR)$(PREFIX)/share/doc/riskd/
	for program in riskd riskctl; do \
		$(RELEASE)/$$program completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program && \
		$(RELEASE)/$$program completion zsh > $(ZSH)/_$$program && \
		$(RELEASE)/$$program completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$program.fish || exit 1; done

clean: ## Remove what was built; keeps .deps
	rm -rf .build
