# SPDX-License-Identifier: Apache-2.0
#
# Copy this file to make/ of the project. One test on one kernel, with what it logs:
#
#	make test-one TEST=TestVLANDevices BINARY=traffic.test KERNELS=6.1

TEST ?= TestKillLeavesNothing
BINARY ?= traffic.test

.PHONY: test-one
test-one: ## One test on KERNELS: TEST is its name, BINARY where it is
	$(MAKE) suite
	@$(call kernels,--suite one=build/suite --binary $(BINARY) --run '^$(TEST)$$' --show)
