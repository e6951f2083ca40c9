# The commands that the README names. Each sets up what it needs.

SWIFT ?= swift
RELEASE = $(SWIFT) build -c release --static-swift-stdlib

.PHONY: setup build run serve test lint bench soak clean

setup:
	@infra/setup/system-libraries

build: setup
	$(RELEASE)

test:
	@infra/setup/system-libraries --tests
	@infra/setup/test-peers
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build

lint:
	$(SWIFT) format lint --strict --configuration .swift-format --recursive Package.swift Sources functions Tests

clean:
	rm -rf .build
