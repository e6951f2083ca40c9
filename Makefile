# The commands that the README names. Each sets up what it needs.

SWIFT ?= swift
RELEASE = $(SWIFT) build -c release --static-swift-stdlib
TURNTABLE = .build/release/turntable

.PHONY: setup build run serve test lint bench soak package deploy clean

setup:
	@infra/setup/system-libraries

build: setup
	$(RELEASE)

# Shows the main job on a month of made-up files, in .turntable-demo.
run: build
	$(TURNTABLE) demo

serve: build
	$(TURNTABLE) serve

test:
	@infra/setup/system-libraries --tests
	@infra/setup/test-peers
	$(SWIFT) build --build-tests
	@SWIFT="$(SWIFT)" infra/setup/run-tests

lint:
	$(SWIFT) format lint --strict --configuration .swift-format --recursive Package.swift Sources functions Tests Benchmarks

# One zip per function for Lambda, in .build/lambda, with a report.
package: build
	$(TURNTABLE) package

# Shows and carries out what changes in an account; DRY_RUN=1 shows it alone, and needs no account for what can be shown
# without. The variables are those that the README names.
STACK ?= turntable
deploy: package
	@infra/setup/test-peers
	@.build/python/bin/python3 infra/deploy --stack "$(STACK)" --artifact-bucket "$(ARTIFACT_BUCKET)" \
		--parameters "$(PARAMETERS)" $(if $(filter-out 0,$(DRY_RUN)),--dry-run)

# Prints what is measured, with the machine's name.
bench: build
	.build/release/benchmarks

# What takes minutes: the router killed 300 times, ten thousand files at once, a virtual day, a stream file of 2 GB in
# bounded memory, the packages as Lambda starts them, definitions and damaged Parquet files at random, memory over many
# executions, the sanitizers.
soak: package
	@infra/setup/system-libraries --tests
	@infra/setup/test-peers
	.build/python/bin/python3 infra/soak/router-crashes
	.build/python/bin/python3 infra/soak/many-files
	.build/python/bin/python3 infra/soak/virtual-day
	$(TURNTABLE) simulate --seeds 1..100 --twice
	$(TURNTABLE) certify --seeds 1..1000 --out .build/certificate
	$(SWIFT) build --build-tests
	TURNTABLE_ALL_SEEDS=1 $(SWIFT) test --skip-build --filter MutantTests
	infra/soak/packages
	infra/soak/large-file
	infra/soak/spark-reads
	infra/soak/fuzz-states-language
	infra/soak/fuzz-parquet
	infra/soak/executions-memory
	infra/soak/sanitizers

clean:
	rm -rf .build .build-address .build-thread .turntable-demo
