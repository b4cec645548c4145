# moat: a thin front for meson and the scripts in tools/. Each target says what it does; `make help` lists them.
BUILD ?= build
DESTDIR ?=
PREFIX ?= /usr/local
N ?= 20

export MOAT_BUILD = $(abspath $(BUILD))

.DEFAULT_GOAL := all

.PHONY: help all deps bench-deps guest-kernel kernel demo check unit integration sanitize fuzz tidy \
	format format-check layers bench install clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 16

$(BUILD)/build.ninja:
	meson setup --prefix=$(PREFIX) $(BUILD)

all: $(BUILD)/build.ninja ## build the programs into build/
	ninja -C $(BUILD)

deps: ## install the Debian packages to build, run and test (all but the benchmarks')
	tools/install-deps build run demo test

bench-deps: ## install what the benchmarks compare with
	tools/install-deps build run demo test bench

guest-kernel: ## download and unpack a guest kernel into build/guest-kernel; nothing is installed
	@tools/fetch-kernel $(BUILD)/guest-kernel >/dev/null

kernel: ## build moat's own guest kernel into build/kernel; it is the default from then on
	tools/install-deps build kernel
	tools/build-kernel $(BUILD)/kernel

demo: deps ## build, serve an image from a registry on loopback, pull it and run it in its own machine
	@$(MAKE) --no-print-directory all
	@tools/demo

check: ## everything CI runs; ends with "N passed, N failed, N skipped"
	@tools/check

unit: all ## unit tests
	meson test -C $(BUILD) --print-errorlogs

integration: all ## tests of the real programs; FILES='run.bats …' picks some
	tools/integration $(FILES)

sanitize: ## build with clang, warnings are errors; unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	tools/sanitize

fuzz: ## run every fuzz target for SECONDS (10) over its corpus
	tools/fuzz

tidy: all ## clang-tidy over src/
	tools/tidy $(BUILD)

format: ## let clang-format rewrite the sources
	tools/format

format-check: ## do the sources agree with clang-format?
	tools/format --check

layers: ## does every include agree with the table in docs/ARCHITECTURE.md?
	tools/check-layers

bench: bench-deps ## measure beside podman and bare QEMU, N=20 runs each, and draw docs/bench.svg
	@$(MAKE) --no-print-directory all guest-kernel kernel
	bench/run -n $(N)
	bench/draw

install: all ## install below DESTDIR; PREFIX counts when build/ is first made
	DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild
	[ ! -f $(BUILD)/kernel/VERSION ] || \
		install -D -m 644 -t $(DESTDIR)$(PREFIX)/libexec/moat/kernel $(BUILD)/kernel/vmlinuz $(BUILD)/kernel/VERSION

clean: ## remove every build folder
	rm -rf $(BUILD) build-sanitize
