# Everything a newcomer needs: `make demo`, `make test`. The rest is for those who change the code.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The target directory lies outside the clone, so that a fresh clone builds warm.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/headwater-target
export HEADWATER_TOOLS ?= $(HOME)/.cache/headwater-tools
export npm_config_cache ?= $(HOME)/.cache/headwater-npm
export npm_config_update_notifier := false
export CARGO_TERM_COLOR ?= auto

step := tests/step.sh
# Tests that judge when something comes, or that fill a disk: each has the machine for itself.
timed := playing:: conformance:: codings:: caches:: doctor:: operator::a_full_disk

.PHONY: help demo test bench fuzz tools web web-watch fmt lint unit system openapi dist clean

help: ## Lists the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## Builds and starts everything on embedded defaults with a live test picture
	@tests/tools.sh build
	@$(MAKE) --no-print-directory web
	@cargo build --quiet
	@exec "$$CARGO_TARGET_DIR/debug/headwater" serve --demo

test: ## Runs all checks and tests against real servers, browsers and players
	@$(step) tools tests/tools.sh test
	@$(step) web $(MAKE) --no-print-directory web
	@$(step) web-test npm --prefix web test --silent
	@$(step) fmt cargo fmt --all --check
	@$(step) clippy cargo clippy --quiet --workspace --all-targets -- -D warnings
	@$(step) build cargo test --quiet --workspace --all-targets --no-run
	@$(step) browser-tools npm ci --prefix tests/browser --loglevel=error --no-audit --no-fund
	@$(step) unit cargo test --quiet --workspace --lib --bins
	@$(step) doc cargo test --quiet --workspace --doc
	@$(step) system cargo test --workspace --test system -- $(addprefix --skip ,$(timed))
	@$(step) playing cargo test --workspace --test system -- --test-threads=1 $(timed)
	@$(step) contract tests/contract.sh
	@$(step) summary

web: ## Builds the pages into web/dist
	@npm ci --prefix web --loglevel=error --no-audit --no-fund
	@npm run --prefix web --silent build

web-watch: ## Rebuilds the pages at each change
	@npm run --prefix web watch

fmt: ## Formats the code
	@cargo fmt --all

lint: ## Clippy as CI runs it
	@cargo clippy --workspace --all-targets -- -D warnings

openapi: ## Writes openapi.yaml anew from the handlers
	@cargo run --quiet -- openapi > openapi.yaml

bench: ## Measures the figures that docs/BENCHMARKS.md promises (release build, idle machine)
	@tests/tools.sh test
	@tests/bench.sh
	@cargo bench --workspace --benches

fuzz: ## Fuzzes each parser of outside bytes for SECONDS (default 60)
	@fuzz/run.sh $(or $(SECONDS_EACH),60)

dist: web ## A release binary with the pages inside
	@HEADWATER_REQUIRE_WEB=1 cargo build --release --quiet
	@ls -l "$$CARGO_TARGET_DIR/release/headwater"
