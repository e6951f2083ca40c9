# The commands that the README names. Each sets up what it needs.

SWIFT ?= swift
RELEASE = $(SWIFT) build -c release --static-swift-stdlib
TURNTABLE = .build/release/turntable

.PHONY: setup build run serve test lint bench soak clean

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
	$(SWIFT) test --skip-build

lint:
	$(SWIFT) format lint --strict --configuration .swift-format --recursive Package.swift Sources functions Tests Benchmarks

# Prints what is measured, with the machine's name.
bench: build
	.build/release/benchmarks

# What takes minutes: a stream file of 2 GB in bounded memory, the sanitizers.
soak: build
	infra/soak/large-file
	infra/soak/spark-reads
	@infra/setup/system-libraries --tests
	@infra/setup/test-peers
	infra/soak/sanitizers

clean:
	rm -rf .build .build-address .build-thread .turntable-demo
