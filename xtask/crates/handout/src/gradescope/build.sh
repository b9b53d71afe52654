#!/usr/bin/env bash
# Builds the grader, the sandbox, all tests and all libraries.
set -euo pipefail
cd "$(dirname "$0")/course"
cargo build --quiet --locked --package xtask --package grader --package sandbox --bins
cargo build --quiet --locked --package 'ex-*' --examples
cargo build --quiet --locked --package 'sol-*' --bins
